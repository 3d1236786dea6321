"""The announcement over the doors and the step: seen as a draft, published when approved, and again when amended."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.files import MemoryFiles
from chalicelib.periods import running
from chalicelib.periods.plan import Plan
from chalicelib.periods.plan_json import to_json
from chalicelib.reports.announcement_files import TYPES
from chalicelib.reports.announcing import publish
from tests.periods.conftest import FakeHub
from tests.periods.test_period_amending import LATER, decide, published  # noqa: F401 (a fixture)
from tests.periods.test_period_routes import Door, door  # noqa: F401 (a fixture)


def edition_at(files: MemoryFiles, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files.read("public", f"{folder}/announcement.json"))["edition"]
    return found


def test_given_a_draft_then_operators_see_it_and_nothing_is_published(
    door: Door,  # noqa: F811
    hub: FakeHub,
    plan: Plan,
) -> None:
    assert door.ask("POST", "/periods", "wang", to_json(plan))[0] == 201
    status, seen = door.ask("GET", "/periods/2026-03/announcement?file=announcement.json", "sun")
    assert (status, seen["edition"]["state"], seen["edition"]["number"]) == (200, "draft", 1)
    content = base64.b64decode(seen["document"]["content"])
    assert hashlib.sha256(content).hexdigest() == seen["document"]["sha256"]
    assert json.loads(content)["quotas"] == dict(plan.quotas)
    page = door.ask("GET", "/periods/2026-03/announcement", "sun")[1]["document"]
    assert (page["file_name"], page["content_type"]) == ("announcement.html", "text/html; charset=utf-8")
    assert "草案" in base64.b64decode(page["content"]).decode()
    files = MemoryFiles()
    assert publish(files, "2026-03") == []
    assert not files.held


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("?file=plan.xlsx", 400, "BODY_INVALID"),
        ("?version=two", 400, "BODY_INVALID"),
        ("?version=9", 404, "VERSION_UNKNOWN"),
    ],
)
def test_given_what_there_is_not_then_it_is_refused_by_name(
    asked: str,
    status: int,
    code: str,
    published: Door,  # noqa: F811
) -> None:
    answered, body = published.ask("GET", f"/periods/2026-03/announcement{asked}", "sun")
    assert (answered, body["code"]) == (status, code)


def test_given_an_approved_plan_and_an_approved_amendment_then_each_is_an_edition(
    published: Door,  # noqa: F811
    hub: FakeHub,
) -> None:
    files = MemoryFiles()
    # Given the plan's approval, when the step runs, twice
    assert publish(files, "2026-03") == [1]
    before = dict(files.held)
    assert publish(files, "2026-03") == []
    assert files.held == before
    root = "announcement/2026-03"
    assert set(files.keys("public", "")) == {f"{place}/{name}" for place in (root, f"{root}/v1") for name in TYPES}
    first = edition_at(files, root)
    assert (first["number"], first["state"], first["issued_on"], first["changes"]) == (1, "published", "2026-03-06", [])
    # When an amendment waits, nothing is told; operators see it as the draft of the second edition
    assert published.ask("POST", "/periods/2026-03/amendments", "wang", LATER)[0] == 201
    assert publish(files, "2026-03") == []
    draft = published.ask("GET", "/periods/2026-03/announcement", "sun")[1]["edition"]
    assert (draft["number"], draft["state"], draft["reason"]) == (2, "draft", "银行系统维护")
    assert not [name for name in hub.machines.started if name.startswith("announcement/")]
    # When it is approved, its machine starts, once, and publishes it beside the first
    hub.clock.at_ms = at_shanghai("2026-03-07T10:00")
    status, approval = decide(published, "li")
    assert status == 200
    started = [name for name in hub.machines.started if name.startswith("announcement/")]
    assert started == [f"announcement/{approval['id']}"]
    assert hub.machines.started[started[0]] == {"period": "2026-03"}
    assert publish(files, "2026-03") == [2]
    second = edition_at(files, root)
    assert (second["number"], second["issued_on"], second["reason"]) == (2, "2026-03-07", "银行系统维护")
    assert [(each["label"], each["after"]) for each in second["changes"]] == [
        ("保证金缴纳截止(银行)", "2026年3月18日（星期三）17:00")
    ]
    assert edition_at(files, f"{root}/v2") == second
    # And the first stays as it was
    assert {key: body for key, body in files.held.items() if "/v1/" in key[1]} == {
        key: body for key, body in before.items() if "/v1/" in key[1]
    }


def test_given_a_publication_broken_off_then_the_next_one_completes_it(published: Door) -> None:  # noqa: F811
    class Breaking(MemoryFiles):
        left: int = 3

        def write(self, bucket: str, key: str, body: bytes, content_type: str = "") -> None:
            if not self.left:
                raise ConnectionError
            self.left -= 1
            super().write(bucket, key, body, content_type)

    files = Breaking()
    while True:
        try:
            publish(files, "2026-03")
            break
        except ConnectionError:
            files.left = 7
    whole = MemoryFiles()
    publish(whole, "2026-03")
    assert files.held == whole.held


def test_given_a_rejected_plan_then_its_successor_is_the_first_edition(
    door: Door,  # noqa: F811
    hub: FakeHub,
    plan: Plan,
) -> None:
    hub.clock.at_ms = at_shanghai("2026-03-05T12:00")
    assert door.ask("POST", "/periods", "wang", to_json(plan))[0] == 201
    running.begin("2026-03", 1)
    running.ask_for_plan("2026-03", "token-1", hub.machines)
    assert decide(door, "li", {"decision": "rejected", "reason": "指标数量有误"})[0] == 200
    body = {**to_json(plan), "quotas": {"individual": 61, "unit": 10}}
    assert door.ask("POST", "/periods", "wang", body)[0] == 201
    running.begin("2026-03", 2)
    running.ask_for_plan("2026-03", "token-2", hub.machines)
    assert decide(door, "li")[0] == 200
    files = MemoryFiles()
    assert publish(files, "2026-03") == [1]
    assert edition_at(files, "announcement/2026-03")["changes"] == []
