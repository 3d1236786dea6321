"""Packages the hub: one template and one zip, from the app, the infrastructure and the state machines.

`python -m local.package STAGE` writes ``build/STAGE/sam.json`` and ``build/STAGE/deployment.zip``; what was packaged
from the same sources before is left as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from local.machine_waits import follow_plan
from local.pruning import prune, services_used

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("app.py", "chalicelib", "integrations", "vendor", "requirements.txt", ".chalice", "infra", "state_machines")
# What the package is made by: when it changes, what was made before is made again.
MAKERS = ("local/openapi", "local/package.py", "local/machine_waits.py", "local/pruning.py")
PARTS = (
    "parameters",
    "tables",
    "buckets",
    "secrets",
    "queues",
    "functions",
    "api",
    "edge",
    "alarms",
    "dashboard",
    "machines",
)

# The mini-program's source and whatever its tools leave beside it are for phones, not for functions.
NOT_PACKAGED = frozenset({"miniprogram", "__pycache__", "deployments"})

# Region for the packager only: Chalice wants one, the template does not depend on it.
REGION = "cn-north-1"

_NAME = re.compile(r"\$\{(\w+)\}")


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def machine_definitions() -> dict[str, Any]:
    """Logical id -> definition of each state machine, from its file, its waits made to follow the plan."""
    files = sorted((ROOT / "state_machines").glob("*.asl.json"))
    return {
        f"{_camel(file.name.removesuffix('.asl.json'))}Machine": follow_plan(json.loads(file.read_text()))
        for file in files
    }


def _substitution(name: str) -> Any:
    if name == "Partition":
        return {"Ref": "AWS::Partition"}
    return {"Ref": name} if name.endswith(("Machine", "Queue", "Aliaslive")) else {"Fn::GetAtt": [name, "Arn"]}


def _put_in_definitions(resources: dict[str, Any]) -> None:
    for logical_id, definition in machine_definitions().items():
        machine = resources[logical_id]
        names = sorted(set(_NAME.findall(json.dumps(definition))))
        substitutions = {name: _substitution(name) for name in names}
        properties = {**machine["Properties"], "Definition": definition, "DefinitionSubstitutions": substitutions}
        resources[logical_id] = {**machine, "Properties": properties}


def _put_in_handlers(resources: dict[str, Any]) -> None:
    from app import FUNCTIONS

    for name, handler in FUNCTIONS.items():
        resources[_camel(name)]["Properties"]["Handler"] = handler


# Longer than the six months that PIPL and the Cybersecurity Law ask for.
LOG_DAYS = 400


def _put_in_logs(resources: dict[str, Any]) -> None:
    """A log group of its own for each function, so that what it logged is kept for a time that is said."""
    from app import FUNCTIONS

    for function in ("APIHandler", *map(_camel, FUNCTIONS)):
        name = {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{function}"}
        resources[f"{function}Log"] = {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"LogGroupName": name, "RetentionInDays": LOG_DAYS},
        }
        resources[function]["Properties"]["LoggingConfig"] = {"LogGroup": {"Ref": f"{function}Log"}}


def merge_template() -> dict[str, Any]:
    """What is merged over Chalice's own template: the parts of ``infra/`` and every state machine."""
    template: dict[str, Any] = {}
    for part in PARTS:
        content = yaml.safe_load((ROOT / "infra" / f"{part}.yaml").read_text())
        for section, entries in content.items():
            known = template.setdefault(section, {})
            twice = known.keys() & entries.keys()
            if twice:
                raise ValueError(f"infra/{part}.yaml defines {', '.join(sorted(twice))} a second time")
            known.update(entries)
    # The zip holds wheels of the Python that packages it.
    template["Parameters"]["Runtime"]["Default"] = f"python{sys.version_info.major}.{sys.version_info.minor}"
    _put_in_definitions(template["Resources"])
    _put_in_handlers(template["Resources"])
    _put_in_logs(template["Resources"])
    return template


def _source_files() -> Iterator[Path]:
    for name in (*SOURCES, *MAKERS):
        path = ROOT / name
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            if not NOT_PACKAGED & set(file.relative_to(ROOT).parts):
                yield file


def _sources_digest() -> str:
    # Chalice's own hash leaves file names out, so that a renamed file would be packaged under its old name.
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for file in _source_files():
        digest.update(f"{file.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _left_out(folder: str, names: Iterable[str]) -> set[str]:
    del folder
    return set(names) & NOT_PACKAGED


def _copy_sources(to: Path) -> None:
    """What goes into the package, and nothing else: Chalice packages whatever lies in its folder."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            # `vendor/integrations` stays the link that it is.
            shutil.copytree(ROOT / name, to / name, symlinks=True, ignore=_left_out)
        else:
            shutil.copy2(ROOT / name, to / name)
    (to / "chalicelib" / "openapi.json").write_text(_api_document(), encoding="utf-8")


def _api_document() -> str:
    """What the API says of itself, read from the code that is packaged."""
    # Late: it imports every room, and knows this module.
    from local.openapi.build import document, document_text

    return document_text(document())


def package(stage: str) -> Path:
    """Package for a stage of ``.chalice/config.json``; returns the folder with ``sam.json`` and ``deployment.zip``."""
    out = ROOT / "build" / stage
    out.parent.mkdir(exist_ok=True)
    with (out.parent / f"{stage}.lock").open("w") as lock:
        # Tests side by side ask for the same package: one makes it, the others find it made.
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = out / "made-from"
        wanted = _sources_digest()
        if not mark.exists() or mark.read_text() != wanted:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            _make(stage, out)
            mark.write_text(wanted)
    return out


def _make(stage: str, out: Path) -> None:
    with tempfile.TemporaryDirectory() as copied:
        sources = Path(copied)
        _copy_sources(sources)
        merge = sources / "merge.json"
        merge.write_text(json.dumps(merge_template()))
        subprocess.run(
            [Path(sys.executable).with_name("chalice"), "package", "--stage", stage, "--merge-template", merge, out],
            cwd=sources,
            env={**os.environ, "AWS_DEFAULT_REGION": REGION, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
    prune(out / "deployment.zip", services_used(ROOT / "chalicelib"))


if __name__ == "__main__":
    folder = package(sys.argv[1] if len(sys.argv) > 1 else "production")
    print(folder.relative_to(ROOT))
