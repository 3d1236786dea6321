"""A counterparty's official SDK as a process in an environment of its own, asked in JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class OfficialSdk:
    """The process of ``folder``: ``set_up.sh`` makes its environment, ``counterpart.py`` lists what may be asked."""

    def __init__(self, folder: Path) -> None:
        made = subprocess.run(
            ["sh", str(folder / "set_up.sh")],
            env={**os.environ, "PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        self._process = subprocess.Popen(
            [made.stdout.strip(), "-W", "ignore", str(folder / "counterpart.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str, **given: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"ask": what, **given}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
