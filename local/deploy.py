"""Deploys a package by CloudFormation, as production does."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from local.embedded import EmbeddedAws
from local.package import REGION

STACK = "hangpai"
_ARTIFACTS = "hangpai-artifacts"


@dataclass(frozen=True)
class Deployed:
    """A stack that stands: the physical name of each resource by its logical id, and where the API answers."""

    resources: dict[str, str]
    api_url: str
    parameters: dict[str, str]

    def environment(self) -> dict[str, str]:
        """The variables that tables and buckets are found by, as the template gives them to functions."""
        return {
            f"{logical.removesuffix(kind).upper()}_{kind.upper()}": physical
            for logical, physical in self.resources.items()
            for kind in ("Table", "Bucket", "Secret", "Key")
            if logical.endswith(kind)
        }


def _bucket(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    if _ARTIFACTS not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=_ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})


def _for_embedded(template: dict[str, Any], zip_key: str) -> dict[str, Any]:
    """The packaged template, with what the embedded AWS can't know left out."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        # CodeDeploy moves an alias from one version to the next; here it moves at once.
        properties.pop("DeploymentPreference", None)
        if properties.get("CodeUri") == "./deployment.zip":
            # What `aws cloudformation package` does for a template with a local CodeUri.
            properties["CodeUri"] = f"s3://{_ARTIFACTS}/{zip_key}"
    return template


def deploy(aws: EmbeddedAws, package: Path, parameters: dict[str, str]) -> Deployed:
    """Upload the zip and create the stack from the packaged template.

    ``RuntimeError`` names each resource that failed and why.
    """
    return _stand(aws, package, parameters, "create")


def update(aws: EmbeddedAws, package: Path, parameters: dict[str, str]) -> Deployed:
    """Put another package in the place of the one that runs, as a deployment does. Raises as ``deploy``."""
    return _stand(aws, package, parameters, "update")


def _stand(aws: EmbeddedAws, package: Path, parameters: dict[str, str], how: Literal["create", "update"]) -> Deployed:
    _bucket(aws)
    s3, cloudformation = aws.client("s3"), aws.client("cloudformation")
    code = (package / "deployment.zip").read_bytes()
    # Its own name, so that CloudFormation sees that another zip is another zip.
    zip_key = f"{hashlib.sha256(code).hexdigest()}.zip"
    s3.put_object(Bucket=_ARTIFACTS, Key=zip_key, Body=code)
    template = _for_embedded(json.loads((package / "sam.json").read_text()), zip_key)
    s3.put_object(Bucket=_ARTIFACTS, Key="sam.json", Body=json.dumps(template).encode())
    # An earlier package has fewer parameters.
    known = {name: value for name, value in parameters.items() if name in template["Parameters"]}
    begin = cloudformation.create_stack if how == "create" else cloudformation.update_stack
    begin(
        StackName=STACK,
        TemplateURL=f"{aws.url}/{_ARTIFACTS}/sam.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in known.items()],
    )
    while (stack := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"].endswith("_PROGRESS"):
        time.sleep(0.2)
    if stack["StackStatus"] != f"{how.upper()}_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise RuntimeError(f"the stack ended as {stack['StackStatus']}:\n" + "\n".join(failed))
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
    }
    return Deployed(resources, f"{aws.url}/restapis/{resources['RestAPI']}/api/_user_request_", parameters)
