"""Makes every wait for a milestone follow the plan, so that a running machine sees an amendment (docs/decisions/0013).

In ``state_machines/`` a wait names its milestone: ``{"Type": "Wait", "TimestampPath": "$.plan.at.deposits_open"}``.
What is deployed looks at the plan first, waits until the milestone or its next look, whichever comes first, and looks
again: four states instead of one, written here once instead of twenty times there.
"""

from __future__ import annotations

from typing import Any

_MILESTONE = "$.plan.at."
# A state that is gone through again after each wait, because it prepares what the milestone is about.
AGAIN = "WaitAgainFrom"
_RETRY = {
    "ErrorEquals": [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Sandbox.Timedout",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 5,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
_STOPPED = "Stopped"


def follow_plan(machine: dict[str, Any]) -> dict[str, Any]:
    """A machine's definition, or that of a branch of it, with each wait for a milestone made to follow the plan."""
    states: dict[str, Any] = {}
    for name, state in machine["States"].items():
        if state["Type"] == "Wait" and str(state.get("TimestampPath", "")).startswith(_MILESTONE):
            states.update(_following(name, state, catches=_STOPPED in machine["States"]))
        else:
            states[name] = _with_inner(state)
    return {**machine, "States": states}


def _with_inner(state: dict[str, Any]) -> dict[str, Any]:
    made = dict(state)
    if "ItemProcessor" in state:
        made["ItemProcessor"] = follow_plan(state["ItemProcessor"])
    if "Branches" in state:
        made["Branches"] = [follow_plan(branch) for branch in state["Branches"]]
    return made


def _following(name: str, wait: dict[str, Any], *, catches: bool) -> dict[str, Any]:
    # The plan in the machine's hands is renewed with every look: what comes next works by it too.
    look: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": "${Periods}",
            "Payload": {
                "step": "look",
                "period.$": "$.period",
                "attempt.$": "$.attempt",
                "milestone": wait["TimestampPath"].removeprefix(_MILESTONE),
            },
        },
        "ResultSelector": {"now.$": "$.Payload"},
        "ResultPath": "$.looked",
        "Retry": [_RETRY],
        "Next": f"{name}Renew",
    }
    if catches:
        look["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": _STOPPED}]
    return {
        name: look,
        f"{name}Renew": {"Type": "Pass", "InputPath": "$.looked.now", "ResultPath": "$.plan", "Next": f"{name}Due"},
        f"{name}Due": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.plan.due", "BooleanEquals": True, "Next": wait["Next"]}],
            "Default": f"{name}Until",
        },
        f"{name}Until": {"Type": "Wait", "TimestampPath": "$.plan.until", "Next": wait.get(AGAIN, name)},
    }
