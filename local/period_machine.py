"""A period's execution on the deployed Step Functions, watched from outside."""

from __future__ import annotations

from local.stage import Stage


class PeriodStoppedError(RuntimeError):
    """The period's machine did not come to its end."""


class PeriodMachine:
    """The period's execution on the deployed Step Functions, watched from outside."""

    def __init__(self, stage: Stage, period: str, attempt: int = 1) -> None:
        self._client = stage.aws.client("stepfunctions")
        machine = stage.deployed.resources["PeriodMachine"]
        self._arn = f"{machine.replace(':stateMachine:', ':execution:')}:{period}-{attempt}"

    def abort(self) -> None:
        """End the execution where it stands, as an operator or a failing region would."""
        self._client.stop_execution(executionArn=self._arn)

    def check(self) -> str:
        """Its status. Raises ``PeriodStoppedError`` with the cause where it failed."""
        seen = self._client.describe_execution(executionArn=self._arn)
        status = str(seen["status"])
        if status in ("FAILED", "TIMED_OUT", "ABORTED"):
            raise PeriodStoppedError(
                f"the period's machine ended as {status}: {seen.get('error')}: {seen.get('cause')}"
            )
        return status
