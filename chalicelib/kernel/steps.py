"""How a room's function runs one step of a state machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.kernel.errors import HubError
from chalicelib.kernel.log import logger

Step = Callable[[dict[str, Any]], Any]


def run_step(room: str, steps: Mapping[str, Step], event: dict[str, Any]) -> Any:
    """Call the step that ``event["step"]`` names with the whole event; its result becomes the state's output.

    Errors leave as they are: state machines catch them by class name.
    """
    name = str(event.get("step"))
    if name not in steps:
        raise RuntimeError(f"{room} has no step {name!r}; it has {', '.join(sorted(steps))}")
    logger.info("step", extra={"room": room, "step": name, "period": event.get("period")})
    try:
        return steps[name](event)
    except HubError as error:
        logger.warning(
            "step refused", extra={"room": room, "step": name, "code": error.code, "kind": type(error).__name__}
        )
        raise
