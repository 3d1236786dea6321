"""PostgreSQL 15 on this machine for one block: a private cluster in a temporary folder, its socket in the same place.

It won't run as root: then ``runuser`` starts it as the ``postgres`` user that Debian's package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

BINARIES = Path("/usr/lib/postgresql/15/bin")
SETTINGS = "-c listen_addresses= -c fsync=off -c shared_buffers=512MB -c work_mem=256MB"


def missing() -> str:
    """Why there is no PostgreSQL to compare with; empty where there is one."""
    if not (BINARIES / "initdb").exists():
        return f"PostgreSQL 15 is not installed ({BINARIES}): apt-get install postgresql-15"
    if os.geteuid() == 0 and not _owner():
        return "PostgreSQL does not run as root, and there is no user postgres to run it as"
    return ""


def _owner() -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return None


@contextmanager
def cluster() -> Iterator[Any]:
    """A connection (psycopg, autocommit) to an empty database that ends with the block."""
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="hangpai-bench-"))
    prefix: list[str] = []
    user = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0 and (owner := _owner()):
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        prefix, user = ["runuser", "-u", "postgres", "--"], "postgres"

    def run(*command: str) -> None:
        done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stderr}{done.stdout}")

    data, log = str(folder / "data"), str(folder / "log")
    try:
        run(str(BINARIES / "initdb"), "-D", data, "-U", user, "--auth=trust", "--no-sync")
        run(str(BINARIES / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", f"{SETTINGS} -k {folder}", "start")
        try:
            with psycopg.connect(host=str(folder), user=user, dbname="postgres", autocommit=True) as connection:
                yield connection
        finally:
            run(str(BINARIES / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
