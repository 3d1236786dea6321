"""What AWS asks of the template and the embedded AWS does not: without each a deployment would fail, or leak."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.package import merge_template, package


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = json.loads((package("local") / "sam.json").read_text())["Resources"]
    return content


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in resources.items() if found["Type"] == kind}


def statements(resources: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, statement)
        for name, role in of_type(resources, "AWS::IAM::Role").items()
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_each_machine_is_named_as_the_permissions_name_machines(resources: dict[str, dict[str, Any]]) -> None:
    # CloudFormation's own names for machines do not begin with the stack's, as those of functions do
    for name, machine in of_type(resources, "AWS::Serverless::StateMachine").items():
        assert machine["Name"]["Fn::Sub"].startswith("${AWS::StackName}-"), name
    granted = [json.dumps(statement["Resource"]) for _, statement in statements(resources)]
    named = [text for text in granted if ":stateMachine:" in text]
    assert named
    assert all(":stateMachine:${AWS::StackName}-*" in text for text in named)


def test_sealed_evidence_can_not_be_removed(resources: dict[str, dict[str, Any]]) -> None:
    bucket = resources["EvidenceBucket"]["Properties"]
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    mode = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"]
    assert merge_template()["Parameters"][mode["Ref"]]["AllowedValues"] == ["GOVERNANCE", "COMPLIANCE"]


@pytest.mark.parametrize("table", ["LedgerTable", "EvidenceTable", "AuditTable", "BidlogTable"])
def test_what_is_only_added_to_nobody_may_change_or_remove(resources: dict[str, dict[str, Any]], table: str) -> None:
    allowed = {
        action
        for _, statement in statements(resources)
        if f'"{table}"' in json.dumps(statement["Resource"])
        for action in statement["Action"]
    }
    assert "dynamodb:PutItem" in allowed
    assert not allowed & {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}


def test_nobody_may_remove_a_record(resources: dict[str, dict[str, Any]]) -> None:
    for name, statement in statements(resources):
        assert "dynamodb:DeleteItem" not in statement["Action"], name


def test_what_a_distribution_shows_is_not_under_a_key_it_can_not_use(resources: dict[str, dict[str, Any]]) -> None:
    (rule,) = resources["PublicBucket"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_a_queue_hides_a_message_for_six_times_its_functions_time(resources: dict[str, dict[str, Any]]) -> None:
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        for source in function.get("Events", {}).values():
            if source["Type"] != "SQS":
                continue
            queue = resources[source["Properties"]["Queue"]["Fn::GetAtt"][0]]["Properties"]
            assert queue["VisibilityTimeout"] >= 6 * function["Timeout"], name


def test_the_bid_alias_follows_every_change_of_its_function(resources: dict[str, dict[str, Any]]) -> None:
    assert resources["Bid"]["Properties"]["AutoPublishAliasAllProperties"] is True


def test_a_flood_at_other_doors_leaves_bids_their_rate(resources: dict[str, dict[str, Any]]) -> None:
    by_path = {each["ResourcePath"]: each for each in resources["RestAPI"]["Properties"]["MethodSettings"]}
    assert by_path["/*"]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert by_path["/bids"]["ThrottlingRateLimit"] >= 10_000
