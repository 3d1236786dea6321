"""The embedded AWS: started on a free port of 127.0.0.1, with a folder of its own that goes when it ends."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

from local import processes
from local.package import REGION, ROOT

# What the embedded AWS takes for an account; no key of a real account is ever read or sent.
ACCOUNT = "000000000000"
_READY_WITHIN_S = 60


@dataclass(frozen=True)
class EmbeddedAws:
    """A running embedded AWS."""

    process: processes.Process
    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Where every service answers."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def _session(self) -> Any:
        return boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="embedded", region_name=REGION)

    def client(self, service: str) -> Any:
        """A client of one of its services."""
        config = Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "total_max_attempts": 4})
        return self._session.client(service, endpoint_url=self.url, config=config)

    def environment(self) -> dict[str, str]:
        """The variables with which code of ours speaks to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def end(self) -> None:
        """End it and remove what it kept."""
        self.process.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(name: str, *, lasting: bool) -> EmbeddedAws:
    """Start one and wait until it answers. ``RuntimeError`` with the end of its log where it does not."""
    _past_any_proxy()
    port = processes.free_port()
    folder = processes.RUN / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "HANGPAI_RUNTIME_PYTHON": str(ROOT / ".local" / "runtime" / "bin" / "python"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(ROOT / ".local" / "aws" / "bin" / "python"), "-m", "ministack"]
    process = processes.start(name, command, env, folder / "log", lasting=lasting)
    aws = EmbeddedAws(process, port, folder)
    try:
        _wait_for(aws)
    except BaseException:
        process.end()
        raise
    return aws


def _wait_for(aws: EmbeddedAws) -> None:
    until = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < until and aws.process.alive():
        try:
            if requests.get(f"{aws.url}/_ministack/health", timeout=2).ok:
                return
        except requests.RequestException:
            # Not there yet, or there and too busy to answer.
            pass
        time.sleep(0.1)
    last = processes.end_of(aws.folder / "log")
    raise RuntimeError(f"the embedded AWS did not come up on port {aws.port}; the end of its log:\n{last}")


def _past_any_proxy() -> None:
    # Where HTTP_PROXY is set, whatever asks 127.0.0.1, here and in processes started from here, would ask the proxy.
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost"]))
