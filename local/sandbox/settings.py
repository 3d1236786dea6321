"""What the sandbox's process is told. Apart from what it does, which imports the rooms."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.world.operators import Operator


@dataclass(frozen=True)
class Sandbox:
    """What the process is told: the phase, its port, the scene's file, the operators (name, password, roles)."""

    phase: str
    port: int
    scene: str
    operators: list[tuple[str, str, list[str]]]

    def operator(self, role: str) -> Operator:
        """The first operator of a role."""
        name, password = next((name, password) for name, password, roles in self.operators if role in roles)
        return Operator(name, password)

    def write(self, file: Path) -> None:
        """Write it down."""
        file.write_text(json.dumps(asdict(self)))

    @staticmethod
    def of(file: Path) -> Sandbox:
        """As it was written."""
        return Sandbox(**json.loads(file.read_text()))
