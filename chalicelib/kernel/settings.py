"""The environment as typed settings, read once a process. A name that is needed and missing is said so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

BUCKETS = ("inbox", "outbox", "work", "public", "evidence")


@dataclass(frozen=True)
class Settings:
    """Where things are. Secrets are not here, only the names they are kept under."""

    environment: Mapping[str, str]

    def need(self, name: str) -> str:
        """The value of a variable; ``RuntimeError`` naming it where the template does not set it."""
        value = self.environment.get(name, "")
        if not value:
            raise RuntimeError(f"the environment does not set {name}: the template must give it to this function")
        return value

    @property
    def stage(self) -> str:
        """``local``, ``test`` or ``production``."""
        return self.environment.get("STAGE", "local")

    def bucket(self, name: str) -> str:
        """The deployed name of one of ``BUCKETS``, from ``INBOX_BUCKET`` and so on."""
        if name not in BUCKETS:
            raise RuntimeError(f"no bucket is called {name!r}; there are {', '.join(BUCKETS)}")
        return self.need(f"{name.upper()}_BUCKET")

    def machine(self, name: str) -> str:
        """The ARN of a state machine, from ``PERIOD_MACHINE`` and so on."""
        return self.need(f"{name.upper()}_MACHINE")


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings(dict(os.environ))
