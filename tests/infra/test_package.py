"""The package: what is in the zip, and that it needs nothing beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local.package import ROOT, package
from local.pruning import services_used

IMPORT_EVERY_HANDLER = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for handler in json.loads(sys.argv[2]):
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name)), handler
outside = [m.__file__ for m in sys.modules.values() if "-packages" in (getattr(m, "__file__", None) or "")]
assert not outside, outside
"""


@pytest.fixture(scope="module")
def built() -> Path:
    return package("local")


@pytest.fixture(scope="module")
def template(built: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((built / "sam.json").read_text())
    return content


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def test_the_zip_alone_imports_every_handler(built: Path, template: dict[str, Any], tmp_path: Path) -> None:
    # Given the zip, unpacked where nothing else is
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        archive.extractall(tmp_path)
    handlers = sorted({properties["Handler"] for properties in functions(template).values()})
    # When an interpreter without any installed package imports each handler
    command = [sys.executable, "-I", "-S", "-c", IMPORT_EVERY_HANDLER, str(tmp_path), json.dumps(handlers)]
    env = {"AWS_DEFAULT_REGION": "cn-north-1", "POWERTOOLS_TRACE_DISABLED": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path)
    # Then each one is there
    assert done.returncode == 0, done.stderr
    assert len(handlers) == 19


MAKE_EVERY_CLIENT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import boto3
import PIL.Image, PIL.ImageFont, reportlab.pdfgen.canvas
for service in json.loads(sys.argv[2]):
    boto3.client(service, region_name="cn-north-1", aws_access_key_id="x", aws_secret_access_key="x")
"""


def test_the_pruned_zip_still_speaks_with_every_service_that_is_asked_for(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        archive.extractall(tmp_path)
    services = sorted(services_used(ROOT / "chalicelib"))
    assert {"dynamodb", "s3", "sqs", "stepfunctions"} <= set(services)
    command = [sys.executable, "-I", "-S", "-c", MAKE_EVERY_CLIENT, str(tmp_path), json.dumps(services)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    described = {path.name for path in (tmp_path / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == set(services)


def test_the_package_stays_under_its_size(built: Path) -> None:
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    assert unzipped < 100 * 1024 * 1024


def test_each_function_may_touch_just_what_it_is_given(template: dict[str, Any]) -> None:
    for name, properties in functions(template).items():
        role = template["Resources"][properties["Role"]["Fn::GetAtt"][0]]["Properties"]
        (policy,) = role["Policies"]
        allowed = json.dumps(policy["PolicyDocument"])
        given = {
            value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
            for variable, value in properties["Environment"]["Variables"].items()
            if variable.endswith(("_TABLE", "_BUCKET", "_SECRET", "_QUEUE", "_MACHINE", "_KEY", "_FUNCTION"))
        }
        # What a function knows by name it may use, and what it may use it knows by name
        named = {word for word in template["Resources"] if f'"{word}"' in allowed or f"${{{word}." in allowed}
        sources = [
            source["Properties"] for source in properties.get("Events", {}).values() if source["Type"] != "Schedule"
        ]
        read = {(source.get("Queue") or source["Stream"])["Fn::GetAtt"][0] for source in sources}
        assert named == given | read, name


def test_no_policy_allows_every_action_or_every_resource(template: dict[str, Any]) -> None:
    # AWS knows no narrower resource for log delivery of state machines, nor for reading metrics
    excepted = {"logs:CreateLogDelivery", "cloudwatch:GetMetricData"}
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for policy in resource["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                assert not any(action.endswith("*") for action in actions), (name, actions)
                assert statement["Resource"] != "*" or excepted & set(actions), (name, actions)


def test_bids_reach_the_alias_that_stands_ready(template: dict[str, Any]) -> None:
    integration = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]["/bids"]["post"]
    uri = integration["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    bid = functions(template)["Bid"]
    assert "${BidAliaslive}" in uri
    assert bid["AutoPublishAlias"] == "live"
    assert "ProvisionedConcurrencyConfig" in bid


# What SAM makes of a machine's definition joins more lines than Python's own limit lets the linter go through.
LINT = "import sys; sys.setrecursionlimit(20_000); from cfnlint.runner.cli import main; sys.exit(main())"


def linted(template: Path, *more: str) -> None:
    regions = ["--regions", "cn-north-1", "cn-northwest-1"]
    command = [sys.executable, "-c", LINT, "--template", str(template), *regions, *more]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_cfn_lint_finds_nothing_in_the_package(built: Path) -> None:
    linted(built / "sam.json")


def test_cfn_lint_finds_nothing_in_what_sam_makes_of_it(built: Path, tmp_path: Path) -> None:
    # Given what CloudFormation will get: functions, versions, aliases, mappings, stages
    python = ROOT / ".local" / "aws" / "bin" / "python"
    read = subprocess.run(
        [python, ROOT / "local" / "sam_reading.py", built / "sam.json", "cn-north-1"], capture_output=True, check=True
    ).stdout
    types = {each["Type"] for each in json.loads(read)["Resources"].values()}
    assert {"AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping", "AWS::CodeDeploy::DeploymentGroup"} <= types
    assert not [each for each in types if each.startswith("AWS::Serverless::")]
    # Then it holds in both regions. W2001: a parameter that chose resources is not named in them any more
    (tmp_path / "read.json").write_bytes(read)
    linted(tmp_path / "read.json", "--ignore-checks", "W2001")


def test_the_pages_for_phones_are_not_in_the_zip(built: Path) -> None:
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        names = archive.namelist()
    assert "integrations/alipay/client.py" in names
    assert not [name for name in names if "miniprogram" in name or "node_modules" in name]
