"""A whole stage on this machine: embedded AWS, the hub deployed on it from its package, and the counterparties."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local import embedded, localstripe, processes
from local.counterparties import GATEWAYS, MINSHENG_LOGIN, Ports, Scene, all_up, choose_ports
from local.deploy import Deployed, deploy
from local.embedded import EmbeddedAws
from local.package import ROOT
from local.stand_in import StandIn

Say = Callable[[str], None]

_COUNTERPARTIES_WITHIN_S = 30


@dataclass(frozen=True)
class Stage:
    """What was started, and how to speak to it."""

    aws: EmbeddedAws
    deployed: Deployed
    ports: Ports
    scene: Scene
    counterparties: processes.Process
    front_port: int

    @property
    def api_url(self) -> str:
        """The API's base URL."""
        return self.deployed.api_url

    def bucket(self, role: str) -> str:
        """The deployed name of a bucket."""
        return self.deployed.resources[f"{role.title()}Bucket"]

    def enter(self) -> None:
        """Let this process find the tables and buckets as functions do. Call it before any records are imported."""
        os.environ.update({**self.aws.environment(), **self.deployed.environment()})

    def add_operators(self, people: Iterable[tuple[str, str, tuple[str, ...]]]) -> None:
        """Make operators' accounts: name, password, roles. The first ones come from whoever deploys."""
        self.enter()
        from chalicelib.kernel.ids import SystemEntropy
        from chalicelib.periods.operators import add_operator

        listed = list(people)
        for name, password, roles in listed:
            add_operator(name, password, roles, SystemEntropy())
        vouched = {name: password for name, password, _ in listed}
        requests.post(f"{self.ports.identity_url}/people", json=vouched, timeout=5).raise_for_status()

    def files(self, role: str, prefix: str = "") -> dict[str, bytes]:
        """Every file below a prefix of a bucket, by key."""
        s3 = self.aws.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket(role), Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return {key: s3.get_object(Bucket=self.bucket(role), Key=key)["Body"].read() for key in keys}

    def first_version(self, role: str, key: str) -> bytes:
        """What was written first under a key of a bucket."""
        s3, named = self.aws.client("s3"), {"Bucket": self.bucket(role), "Key": key}
        listed = s3.list_object_versions(Bucket=named["Bucket"], Prefix=key)["Versions"]
        first = [each["VersionId"] for each in listed if each["Key"] == key][-1]
        content: bytes = s3.get_object(**named, VersionId=first)["Body"].read()
        return content

    def age_code(self, period: str, code: str, by_ms: int = 300_000) -> None:
        """Let the SMS codes of an application code be issued earlier than they were."""
        dynamodb, table = self.aws.client("dynamodb"), self.deployed.resources["ApplicantsTable"]
        found = dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"code#{period}#{code}"}},
        )
        for item in found["Items"]:
            dynamodb.update_item(
                TableName=table,
                Key={name: item[name] for name in ("pk", "sk")},
                UpdateExpression="SET issued_at_ms = issued_at_ms - :by",
                ExpressionAttributeValues={":by": {"N": str(by_ms)}},
            )

    def logs(self) -> dict[str, str]:
        """What each function logged, by its logical id."""
        logs = self.aws.client("logs")
        names = {physical: logical.removesuffix("Log") for logical, physical in self.deployed.resources.items()}
        found = {}
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/"):
            for group in (entry["logGroupName"] for entry in page["logGroups"]):
                events = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                lines = [event["message"].rstrip() for each in events for event in each["events"]]
                # One that an update of the stack made bears the function's name at its end.
                found[names.get(group, group.rpartition("/")[2])] = "\n".join(lines) + "\n"
        return found

    def end(self) -> None:
        """End everything that was started."""
        self.counterparties.end()
        self.aws.end()


def end_all(name: str) -> None:
    """End everything that was started under a name, and remove what it kept."""
    for process in processes.recorded(f"{name}-"):
        process.end()
        shutil.rmtree(processes.RUN / process.name, ignore_errors=True)


def clear_left_overs(name: str, say: Say) -> None:
    """End what runs under this name left that were killed in the middle; one that still goes on is left alone."""
    for process in processes.recorded(f"{name}-"):
        if process.orphaned():
            if process.alive():
                say(f"ending {process.name}, left over from a run that was killed")
            process.end()
            shutil.rmtree(processes.RUN / process.name, ignore_errors=True)


def make_package() -> Path:
    """What this tree is deployed as."""
    # In a process of its own: it imports every room, and this process must first know the deployed tables' names.
    command = [sys.executable, "-m", "local.package", "local"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"packaging failed; the end of what it said:\n{done.stderr[-2_000:]}")
    return ROOT / done.stdout.strip()


def set_up(
    name: str,
    say: Say,
    *,
    lasting: bool,
    gateway: str = GATEWAYS[0],
    built: Path | None = None,
    stand_in: StandIn | None = None,
) -> Stage:
    """Package (unless it is ``built``), start, deploy; the wallet is reached through ``gateway``. Nothing is left
    running where one fails. ``stand_in``: where everybody finds the API of a stage that is to be updated.
    """
    if gateway == "stripe":
        # Now: a first time takes longer than anybody waits for counterparties.
        localstripe.interpreter()
    if built is None:
        say("packaging")
        built = make_package()
    say("starting the embedded AWS")
    aws = embedded.start(f"{name}-aws", lasting=lasting)
    try:
        return _deploy(name, aws, built, say, lasting=lasting, gateway=gateway, stand_in=stand_in)
    except BaseException:
        end_all(name)
        raise


def _deploy(
    name: str,
    aws: EmbeddedAws,
    built: Path,
    say: Say,
    *,
    lasting: bool,
    gateway: str,
    stand_in: StandIn | None,
) -> Stage:
    ports, front_port = choose_ports(), processes.free_port()
    console_url = f"http://127.0.0.1:{front_port}"
    say("deploying the package by CloudFormation")
    local = {
        "Stage": "local",
        "Runtime": "provided.al2023",
        "BidConcurrency": "1",
        "AuctionBidConcurrency": "2",
        # The embedded AWS keeps no warm throughput of a table: what it can't tell is not asserted here.
        "AuctionWriteUnits": "0",
        "AddressTriesMax": "100000",
        "HeadSeconds": "3",
        "EvidenceSm2": "on",
    }
    deployed = deploy(aws, built, {**local, "ConsoleUrl": console_url, **ports.parameters(gateway)})
    if stand_in:
        stand_in.target = deployed.api_url
        deployed = replace(deployed, api_url=stand_in.url)
    names = deployed.environment()
    alipay_keys = _share_secrets(aws, names)
    scene = Scene(
        ports=ports,
        alipay_keys=alipay_keys,
        api_url=deployed.api_url,
        console_url=console_url,
        gateway=gateway,
        aws_environment=aws.environment(),
        inbox_bucket=names["INBOX_BUCKET"],
        secrets={name: physical for name, physical in names.items() if name.endswith("_SECRET")},
    )
    file = aws.folder / "scene.json"
    file.write_text(scene.to_json())
    say("starting banks, wallet, carrier and treasury")
    process = processes.start(
        f"{name}-counterparties",
        [sys.executable, "-m", "local.counterparties", str(file)],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        aws.folder / "counterparties.log",
        lasting=lasting,
    )
    _wait_for(process, all_up(file), aws.folder / "counterparties.log")
    # Where days are seconds, nobody at his phone can wait for the first start of the function that texts codes.
    aws.client("lambda").invoke(FunctionName=deployed.resources["Codes"], Payload=b'{"Records": []}')
    return Stage(aws, deployed, ports, scene, process, front_port)


def _share_secrets(aws: EmbeddedAws, names: dict[str, str]) -> dict[str, str]:
    """What an operator puts in after a first deployment: Minsheng's login, Alipay's keys, made for this run, and
    those of the gateway on this machine."""
    hub, alipay = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
    kept = {"private_key": private_pem(hub), "alipay_key": public_pem(alipay)}
    manager = aws.client("secretsmanager")
    manager.put_secret_value(SecretId=names["MINSHENG_SECRET"], SecretString=":".join(MINSHENG_LOGIN))
    manager.put_secret_value(SecretId=names["ALIPAY_SECRET"], SecretString=json.dumps(kept))
    stripe = {"api_key": localstripe.API_KEY, "signing_secret": localstripe.SIGNING_SECRET}
    manager.put_secret_value(SecretId=names["STRIPE_SECRET"], SecretString=json.dumps(stripe))
    return {"alipay_private": private_pem(alipay), "merchant_public": public_pem(hub)}


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """A private key as text."""
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return raw.decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half of a key as text."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _wait_for(process: processes.Process, up: Path, log: Path) -> None:
    until = time.monotonic() + _COUNTERPARTIES_WITHIN_S
    while not up.exists():
        if not process.alive() or time.monotonic() > until:
            # The log goes with the folder in a moment: what it says must be said now.
            raise RuntimeError(f"the counterparties did not come up; the end of their log:\n{processes.end_of(log)}")
        time.sleep(0.1)
