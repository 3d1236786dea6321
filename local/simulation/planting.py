"""Plants a fault in the hub's source as it is imported, and nowhere on the disk.

As a plug-in of pytest (``-p local.simulation.planting``, with ``PLANTED`` naming the fault), or in a process that plays
months. The finder stands before all others, so that whatever is imported from the file afterwards has the fault in it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "PLANTED"


@dataclass(frozen=True)
class Plant:
    """A fault: ``old`` stands once in ``file`` and is replaced by ``new``; ``tests`` ought to notice."""

    name: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def module(self) -> str:
        """The module that the file is."""
        return self.file.removesuffix(".py").replace("/", ".")

    def source(self) -> str:
        """The file's text with the fault in it. Raises ``LookupError`` where ``old`` does not stand there once."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise LookupError(f"{self.name}: {text.count(self.old)} places in {self.file} read so; one was expected")
        return text.replace(self.old, self.new)


def plants() -> tuple[Plant, ...]:
    """Every fault that there is. Raises ``ValueError`` where two have one name."""
    listed = tomllib.loads(Path(__file__).with_name("plants.toml").read_text(encoding="utf-8"))["plant"]
    found = tuple(Plant(**{**each, "tests": tuple(each["tests"])}) for each in listed)
    if len({each.name for each in found}) != len(found):
        raise ValueError("two plants have one name")
    return found


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the one module, and makes it of the text with the fault in it; no compiled file is read or written."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._path = str(ROOT / plant.file)
        self._code = compile(plant.source(), self._path, "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        del path, target
        if fullname != self._plant.module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's text."""
        exec(self._code, module.__dict__)  # noqa: S102 (it is the hub's own, but for the fault)


def plant(name: str) -> Plant:
    """Plant a fault in this process. Raises ``LookupError`` for a name that there is not, or a module there already."""
    found = next((each for each in plants() if each.name == name), None)
    if found is None:
        raise LookupError(f"no plant is called {name}")
    if found.module in sys.modules:
        raise LookupError(f"{found.module} was imported before {name} was planted")
    sys.meta_path.insert(0, _Finder(found))
    return found


if os.environ.get(PLANTED):
    plant(os.environ[PLANTED])
