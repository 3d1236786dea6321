"""State machines: start one, or answer one that waits for a word."""

from __future__ import annotations

import json
from typing import Any, Protocol

from botocore.exceptions import ClientError

from chalicelib.kernel.settings import Settings


class Machines(Protocol):
    """Whatever runs the state machines."""

    def start(self, machine: str, name: str, given: dict[str, Any]) -> None:
        """Start a machine under a name of its own; the same name again starts nothing."""
        ...

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        """Give a waiting task its answer; ``False`` where nobody waits any more."""
        ...


class StepFunctions:
    """State machines on AWS Step Functions."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def start(self, machine: str, name: str, given: dict[str, Any]) -> None:
        """Start a machine under a name of its own; the same name again starts nothing."""
        try:
            self._client.start_execution(
                stateMachineArn=self._settings.machine(machine), name=name, input=json.dumps(given)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        """Give a waiting task its answer; ``False`` where nobody waits any more."""
        try:
            self._client.send_task_success(taskToken=task_token, output=json.dumps(output))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"):
                return False
            raise
        return True
