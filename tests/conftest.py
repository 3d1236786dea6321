"""What every test stands on: the deployed tables' own definitions, on an AWS in memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
TABLES: dict[str, Any] = {
    f"{name.removesuffix('Table').upper()}_TABLE": resource["Properties"]
    for name, resource in yaml.safe_load((ROOT / "infra" / "tables.yaml").read_text())["Resources"].items()
}
VERSIONED = {
    name.removesuffix("Bucket").lower()
    for name, resource in yaml.safe_load((ROOT / "infra" / "buckets.yaml").read_text())["Resources"].items()
    if "VersioningConfiguration" in resource.get("Properties", {})
}
BUCKETS = ("inbox", "outbox", "work", "public", "evidence")

# Set before any room is imported: models take their table's name when they are defined.
os.environ.update({name: name.lower() for name in TABLES})
os.environ.update({f"{name.upper()}_BUCKET": f"test-{name}" for name in BUCKETS})
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_REGION="cn-north-1",
    AWS_DEFAULT_REGION="cn-north-1",
    POWERTOOLS_METRICS_NAMESPACE="hangpai",
    POWERTOOLS_TRACE_DISABLED="1",
    STAGE="test",
    PRIVACY_KEY="alias/test-privacy",
)
os.environ.pop("AWS_ENDPOINT_URL", None)

import boto3  # noqa: E402 (after the environment)
from botocore.loaders import JSONFileLoader  # noqa: E402
from chalice.test import TestHTTPClient  # noqa: E402
from moto import mock_aws  # noqa: E402
from moto.kms import models as moto_kms  # noqa: E402

from chalicelib.kernel import aws as aws_doors  # noqa: E402
from chalicelib.kernel import tables  # noqa: E402
from tests.api.described import document, held  # noqa: E402
from tests.light_moto import lighten_moto  # noqa: E402

# Whatever a test sees of the API is in the OpenAPI document, or the test fails.
TestHTTPClient.request = held(TestHTTPClient.request)  # type: ignore[method-assign]

# Every test makes clients anew: botocore's descriptions of the services are read once a process, not once a client.
_read = cache(JSONFileLoader().load_file)
JSONFileLoader.load_file = lambda _, path: _read(path)  # type: ignore[method-assign]
# moto makes an RSA key for each key of KMS, even where it is never used: one will do.
moto_kms.generate_private_key = cache(moto_kms.generate_private_key)  # type: ignore[attr-defined]
lighten_moto()


def pytest_collection_finish() -> None:
    """Read the document from the code before any test puts a stand-in into it; where a test may ask the API at all."""
    if "app" in sys.modules:
        document()


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS in memory with the hub's tables and buckets, as the template defines them."""
    with mock_aws():
        aws_doors.client.cache_clear()
        tables._connection.cache_clear()
        dynamodb = boto3.client("dynamodb")
        for name, properties in TABLES.items():
            dynamodb.create_table(
                TableName=name.lower(),
                AttributeDefinitions=properties["AttributeDefinitions"],
                KeySchema=properties["KeySchema"],
                BillingMode="PAY_PER_REQUEST",
            )
        kms = boto3.client("kms")
        made = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=os.environ["PRIVACY_KEY"], TargetKeyId=made)
        s3 = boto3.client("s3")
        for name in BUCKETS:
            s3.create_bucket(Bucket=f"test-{name}", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
        for name in VERSIONED:
            s3.put_bucket_versioning(Bucket=f"test-{name}", VersioningConfiguration={"Status": "Enabled"})
        yield
    aws_doors.client.cache_clear()
    tables._connection.cache_clear()
