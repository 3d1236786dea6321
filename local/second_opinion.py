"""`make second-opinion`: what the rooms rely on DynamoDB for, asked of ministack and of Amazon's own DynamoDB Local.

DynamoDB Local comes in the npm package `amplify-dynamodb-simulator` and runs on Java; its licence lets nobody commit
it, so it is fetched into `.local/dynamodb`. Where npm or Java is missing it is left out, and the last line says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import requests

from local import embedded, processes
from local.package import REGION, ROOT

# 2.9.30 holds DynamoDB Local 1.25, the last one for Java 17 and older.
_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
_FOLDER = ROOT / ".local" / "dynamodb"
_EMULATOR = _FOLDER / "node_modules" / "amplify-dynamodb-simulator" / "emulator"
_UP_WITHIN_S = 60


def _ask(on: str, url: str) -> bool:
    print(f"second opinion of {on}:", flush=True)
    environment = {**os.environ, "CONTRACTS_ON": on, "CONTRACTS_URL": url, "AWS_REGION": REGION}
    command = [sys.executable, "-m", "pytest", "-q", "tests/contracts"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def _of_moto() -> bool:
    print("second opinion of moto:", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "tests/contracts"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _of_ministack() -> bool:
    aws = embedded.start(f"second-{os.getpid()}", lasting=False)
    try:
        return _ask("ministack", aws.url)
    finally:
        aws.end()


def _missing() -> str:
    lacking = [tool for tool in ("npm", "java") if shutil.which(tool) is None]
    return f"{' and '.join(lacking)} not found" if lacking else ""


def _fetch() -> None:
    if not (_EMULATOR / "DynamoDBLocal.jar").exists():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(_FOLDER), "--no-audit", "--no-fund", "--silent", _PACKAGE]
        subprocess.run(command, check=True)


def _of_dynamodb_local() -> bool:
    _fetch()
    port = processes.free_port()
    log = _FOLDER / "log"
    command = ["java", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    shell = f"cd {_EMULATOR} && exec {' '.join(command)} -inMemory -sharedDb -port {port}"
    process = processes.start(f"second-{os.getpid()}-java", ["sh", "-c", shell], os.environ, log, lasting=False)
    try:
        _wait_for(process, port, log)
        return _ask("DynamoDB Local", f"http://127.0.0.1:{port}")
    finally:
        process.end()


def _wait_for(process: processes.Process, port: int, log: Path) -> None:
    until = time.monotonic() + _UP_WITHIN_S
    while process.alive() and time.monotonic() < until:
        try:
            # It answers whatever is no request of AWS's with 400.
            requests.get(f"http://127.0.0.1:{port}/", timeout=2)
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"DynamoDB Local did not come up; the end of its log:\n{processes.end_of(log)}")


def main() -> int:
    """Ask each; 1 where one disagrees."""
    opinions = {"moto": _of_moto(), "ministack": _of_ministack()}
    missing = _missing()
    if not missing:
        opinions["DynamoDB Local"] = _of_dynamodb_local()
    words = [f"{name} {'agrees' if agrees else 'DISAGREES'}" for name, agrees in opinions.items()]
    if missing:
        words.append(f"DynamoDB Local not asked ({missing})")
    print("second opinions: " + ", ".join(words))
    return 0 if all(opinions.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
