"""Attachments of the evidence: taken in by their digests, and how the file itself is put where S3 checks it."""

from __future__ import annotations

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer
from chalicelib.evidence.attachments import KINDS, attachment_of, listing, register, upload_of
from chalicelib.periods.records import find_period
from chalicelib.wiring import hub


def show(ask: Ask) -> Answer:
    """What was taken in, whether the file arrived, and the package that names it; for a planner the form."""
    find_period(ask.period)
    return page(ask, "attachments.html", kinds=KINDS, listed=listing(ask.period, hub().files), taken=None, command="")


def take_in(ask: Ask) -> Answer:
    """Take one in. The answer is the page with the address of one PUT, which is good for an hour."""
    find_period(ask.period)
    form, files = ask.request.form, hub().files
    size = ask.field("bytes", r"[1-9]\d{0,15}", "文件长度为正整数（字节）")
    told = {name: form.get(name, "").strip() for name in ("name", "kind")}
    digests = {name: form.get(name, "").strip().lower() for name in ("sha256", "sm3")}
    attachment = attachment_of({**told, **digests, "bytes": int(size)})
    register(ask.period, attachment, ask.actor)
    upload = upload_of(ask.period, attachment, files)
    # curl works the length out by itself from the file.
    headers = (f"-H '{name}: {value}'" for name, value in (upload or {"headers": {}})["headers"].items())
    command = " ".join(["curl -f -T", _quoted(attachment.name), *headers, f"'{upload['url']}'"]) if upload else ""
    return page(
        ask,
        "attachments.html",
        kinds=KINDS,
        listed=listing(ask.period, files),
        taken=attachment,
        command=command,
    )


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"
