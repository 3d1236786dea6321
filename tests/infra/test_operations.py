"""What a deployment on AWS is watched, limited and kept by, read from the packaged template."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.bidding import flood
from chalicelib.kernel import metrics
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.tokens import Session, issue, verify
from local.package import LOG_DAYS, ROOT, merge_template, package

RUNBOOK = re.compile(r"docs/runbooks/([a-z-]+)\.md$")
BY_SESSION, BY_ADDRESS = "bids-of-one-session", "sign-ins-of-one-address"
STAGES = sorted((ROOT / "infra" / "stages").glob("*.json"))


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = json.loads((package("local") / "sam.json").read_text())["Resources"]
    return content


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in resources.items() if found["Type"] == kind}


def policies_for(resources: dict[str, dict[str, Any]], kind: str, key: str, name: str) -> list[dict[str, Any]]:
    """Every statement that a resource's own policies hold."""
    found = [each for each in of_type(resources, kind).values() if {"Ref": name} in (each[key], *each[key])]
    return [statement for each in found for statement in each["PolicyDocument"]["Statement"]]


def test_every_alarm_calls_an_operator_and_names_a_runbook_that_is_there(resources: dict[str, Any]) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    named = set()
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "OperatorsTopic"}], name
        runbook = RUNBOOK.search(alarm["AlarmDescription"])
        assert runbook, name
        assert (ROOT / "docs" / "runbooks" / f"{runbook[1]}.md").exists(), name
        named.add(runbook[1])
    # And whatever an alarm may be about has one
    assert {"bid-errors", "bid-throttles", "bid-spillover", "machine-failed", "reconciliation-open"} <= named
    assert {"api-errors", "problems-growing", "dead-letters"} <= named


def test_every_runbook_is_in_the_list_of_runbooks() -> None:
    folder = ROOT / "docs" / "runbooks"
    listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {file.name for file in folder.glob("*.md")} - {"README.md"}


def test_alarms_count_what_the_hub_counts(resources: dict[str, Any]) -> None:
    ours = {each["MetricName"] for each in of_type(resources, "AWS::CloudWatch::Alarm").values() if is_ours(each)}
    assert ours == {metrics.PROBLEMS_LISTED, metrics.RECONCILIATION_OPEN}


def is_ours(alarm: dict[str, Any]) -> bool:
    if alarm["Namespace"] != metrics.NAMESPACE:
        return False
    assert alarm["Dimensions"] == [{"Name": "stage", "Value": {"Ref": "Stage"}}]
    return True


def test_every_queue_gives_up_into_dead_letters_that_call(resources: dict[str, Any]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    for name, queue in queues.items():
        if name.endswith("DeadLetters"):
            assert name in watched
        else:
            assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0].endswith("DeadLetters"), name
    # What is called by a clock or by an event, and not by a queue, has dead letters as well
    (target,) = resources["FileArrived"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["InboxDeadLetters", "Arn"]}}
    assert resources["Retention"]["Properties"]["DeadLetterQueue"]["Type"] == "SQS"


def test_every_function_logs_into_a_group_that_is_kept_beyond_half_a_year(resources: dict[str, Any]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    for name in of_type(resources, "AWS::Serverless::Function"):
        group = resources[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["RetentionInDays"] == LOG_DAYS > 183, name
    assert all(group["RetentionInDays"] > 183 for group in groups.values())
    assert "logs:CreateLogGroup" not in json.dumps(resources)


def test_every_table_is_encrypted_restorable_and_outlives_the_stack(resources: dict[str, Any]) -> None:
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert tables
    for name, table in tables.items():
        assert table["SSESpecification"]["SSEEnabled"] is True, name
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, name
        assert resources[name]["DeletionPolicy"] == "Retain", name


def test_every_bucket_is_encrypted_closed_and_speaks_tls_1_2_or_newer(resources: dict[str, Any]) -> None:
    for name, bucket in of_type(resources, "AWS::S3::Bucket").items():
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        statements = policies_for(resources, "AWS::S3::BucketPolicy", "Bucket", name)
        refused = [each["Condition"] for each in statements if (each["Effect"], each["Principal"]) == ("Deny", "*")]
        assert {"Bool": {"aws:SecureTransport": False}} in refused, name
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in refused, name
        # And an address of a bucket's is not the same resource as what lies in it
        assert all(len(each["Resource"]) == 2 for each in statements), name


def test_every_queue_is_encrypted_and_speaks_tls_only(resources: dict[str, Any]) -> None:
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
        statements = policies_for(resources, "AWS::SQS::QueuePolicy", "Queues", name)
        refused = [each["Condition"] for each in statements if each["Effect"] == "Deny"]
        assert refused == [{"Bool": {"aws:SecureTransport": False}}], name


def test_files_with_names_of_people_expire_with_the_periods_keys(resources: dict[str, Any]) -> None:
    for name in ("InboxBucket", "OutboxBucket"):
        (rule,) = resources[name]["Properties"]["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == {"Ref": "PersonalDays"}
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] <= 35, name
    assert resources["Retention"]["Properties"]["Environment"]["Variables"]["PERSONAL_DAYS"] == {"Ref": "PersonalDays"}


def test_who_destroys_keys_can_not_open_anything_with_them(resources: dict[str, Any]) -> None:
    role = resources[resources["Retention"]["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
    allowed = {
        (action, json.dumps(statement["Resource"]))
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    }
    assert not [action for action, _ in allowed if action.startswith(("kms:", "s3:", "secretsmanager:"))]
    assert {resource for action, resource in allowed if action == "dynamodb:UpdateItem"} == {
        '{"Fn::GetAtt": ["KeysTable", "Arn"]}'
    }


def test_secrets_come_from_secrets_manager_only(resources: dict[str, Any]) -> None:
    secrets = of_type(resources, "AWS::SecretsManager::Secret")
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        for variable, value in function["Environment"]["Variables"].items():
            if variable.endswith("_SECRET"):
                assert value["Ref"] in secrets, (name, variable)
            elif isinstance(value, str):
                assert not re.search("SECRET|PASSWORD|TOKEN|KEY", variable), (name, variable)
    # And no parameter carries one
    assert not [name for name in merge_template()["Parameters"] if re.search("Secret|Password|Token|Key", name)]


def test_the_web_acl_stands_before_the_api_and_not_in_counterparties_way(resources: dict[str, Any]) -> None:
    rules = {rule["Name"]: rule for rule in resources["WebAcl"]["Properties"]["Rules"]}
    assert len({rule["Priority"] for rule in rules.values()}) == len(rules)
    by_address = rules["requests-of-one-address"]["Statement"]["RateBasedStatement"]
    assert by_address["Limit"] == {"Ref": "AddressRequestsMax"}
    left_out = by_address["ScopeDownStatement"]["NotStatement"]["Statement"]["RegexMatchStatement"]["RegexString"]
    doors = {
        path: bool(re.search(left_out, f"/api{path}"))
        for path in (
            "/bids",
            "/sessions",
            "/treasury/messages",
            "/banks/hangzhou/notifications",
            "/sms-reports/aliyun/k",
        )
    }
    assert doors == {
        "/bids": False,
        "/sessions": False,
        "/treasury/messages": True,
        "/banks/hangzhou/notifications": True,
        "/sms-reports/aliyun/k": True,
    }
    association = resources["WebAclOfTheApi"]["Properties"]
    assert association["WebACLArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    assert "${RestAPI}/stages/${RestAPI.Stage}" in association["ResourceArn"]["Fn::Sub"]
    assert resources["ApiName"]["Properties"]["SecurityPolicy"] == "TLS_1_2"


def test_the_web_acl_limits_bids_by_session_and_sign_ins_by_address(resources: dict[str, Any]) -> None:
    acl = resources["WebAcl"]["Properties"]
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    bids, sign_ins = (rules[name]["Statement"]["RateBasedStatement"] for name in (BY_SESSION, BY_ADDRESS))
    limit = merge_template()["Parameters"]["SessionBidsMax"]["Default"]
    assert bids["CustomKeys"][0]["Header"]["Name"] == "authorization"
    # Nobody meets it whom the tap of a single environment would let through
    assert limit >= flood.BURST + 60 * flood.PER_SECOND
    doors = sign_ins["ScopeDownStatement"]["AndStatement"]["Statements"][1]["RegexMatchStatement"]["RegexString"]
    counted = {path for path in app.routes if re.search(doors, f"/api{path}")}
    assert counted == {"/sessions", "/account-sessions", "/activations", "/passwords", "/sms-codes"}
    named = rules["bids-without-session"]["Statement"]["AndStatement"]["Statements"][2]["NotStatement"]["Statement"]
    token = issue(Session("3301", "bid", "2026-03", "individual", 1), "k1", bytes(32))
    assert re.search(named["RegexMatchStatement"]["RegexString"], f"Bearer {token}")
    # Who is turned away there hears what the doors themselves say
    taps = flood.Taps()
    for _ in range(flood.BURST):
        taps.draw("3301", 0)
    with pytest.raises(HubError) as tapped:
        taps.draw("3301", 0)
    with pytest.raises(HubError) as forged:
        verify("", "bid", {}, 0)
    told = {name: json.loads(body["Content"]) for name, body in acl["CustomResponseBodies"].items()}
    assert told == {"too-fast": tapped.value.as_problem(), "no-session": forged.value.as_problem()}


def test_bids_move_to_a_new_version_by_and_by_and_back_where_they_fail(resources: dict[str, Any]) -> None:
    preference = resources["Bid"]["Properties"]["DeploymentPreference"]
    assert preference == {"Type": {"Ref": "BidDeployment"}, "Alarms": [{"Ref": "BidErrorsAlarm"}]}


def test_a_flood_elsewhere_can_not_take_every_environment(resources: dict[str, Any]) -> None:
    assert resources["APIHandler"]["Properties"]["ReservedConcurrentExecutions"] == {"Ref": "ApiConcurrency"}


@pytest.mark.parametrize("file", STAGES, ids=lambda file: file.stem)
def test_each_stage_gives_parameters_that_there_are(file: Path) -> None:
    parameters = merge_template()["Parameters"]
    given = dict(each.split("=", 1) for each in json.loads(file.read_text()))
    assert given["Stage"] == file.stem
    assert file.stem in json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    for name, value in given.items():
        allowed = parameters[name].get("AllowedValues", [value])
        assert value in allowed, name
        assert parameters[name]["Type"] == "String" or int(value) >= parameters[name]["MinValue"], name


def test_production_keeps_evidence_from_everybody_and_as_long_as_the_law_says() -> None:
    given = dict(each.split("=", 1) for each in json.loads((ROOT / "infra/stages/production.json").read_text()))
    assert given["EvidenceLockMode"] == "COMPLIANCE"
    # 拍卖法 第五十四条: five years at least, of evidence and of what belongs to it
    assert min(int(given["EvidenceDays"]), int(given["PersonalDays"])) >= 5 * 365


def test_sam_makes_no_second_stage_before_which_no_limit_stands() -> None:
    # Without it SAM adds a stage called "Stage": `make template-check` and the embedded AWS run the transform itself
    assert merge_template()["Globals"] == {"Api": {"OpenApiVersion": "2.0"}}
    assert json.loads((package("local") / "sam.json").read_text())["Globals"] == merge_template()["Globals"]
