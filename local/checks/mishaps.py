"""What was planted to go wrong, against what the hub listed: each of them, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from local.checks.bank_files import PAID, PENDING, Exchanged
from local.checks.check import Check, check
from local.month import Month
from local.people import beyond_gb2312
from local.world.mishaps import Mishaps, Planted


def faults_are_named(bad_files: tuple[str, ...], seen: Mishaps, listed: Sequence[Mapping[str, Any]]) -> Check:
    """The problem list names each planted fault that a person has to know of, and nothing that was not planted.

    ``bad_files``: keys of the regulator's files with bad rows, whose codes are the import's own affair.
    """
    wanted = [each for each in seen.planted if each.code]
    faults = [f"{each.what}: {each.code} is not on the list" for each in wanted if not _any(each, listed)]
    strange = [
        f"{line['source']} {line['code']}"
        for line in listed
        if not line["source"].startswith(bad_files) and not any(_is(each, line) for each in wanted)
    ]
    faults += [f"listed and never planted: {line}" for line in dict.fromkeys(strange)]
    faults += [f"scripted and never met: {fault}" for fault in seen.unspent]
    faults += seen.faults
    return check("planted faults are named, and nothing else", faults, "; ".join(each.what for each in seen.planted))


def differences_are_named(seen: Mishaps, stated: Mapping[str, Exchanged]) -> Check:
    """Between two statements the list of differences names exactly the credit that was told of and never booked.

    Besides, it may name what by its counterparty's own files came after the first statement: a wallet's day ends at its
    instant, however long people take to pay.
    """
    wanted = [seen.never_booked]
    coming = {
        f"announced {channel}#{row.serial}"
        for channel, files in stated.items()
        for file in files.statements[1:]
        for row in file.rows
        if row.direction == "C"
    }
    faults = [f"not listed: {each}" for each in wanted if each not in seen.differences]
    faults += [
        f"listed and never planted: {each}" for each in seen.differences if each not in wanted and each not in coming
    ]
    told = f"{seen.never_booked}; {seen.told} credits told of, one seen {seen.pending_seen}"
    return check("differences are the planted ones", faults, told)


def rare_names_came_through(month: Month, exchanged: Mapping[str, Exchanged]) -> Check:
    """Names beyond GB2312 went through each bank's files, in and out, as they are written."""
    faults, told = [], []
    everybody = {person.name for person in month.people}
    for channel, files in exchanged.items():
        paying = {month.person(paid.code).name for paid in month.payments if paid.channel == channel and paid.code}
        rare = {name for name in paying if beyond_gb2312(name)}
        stated = {row.name for row in files.statement_rows("C")}
        ordered = {row.name for row in files.batch_rows if beyond_gb2312(row.name)}
        if not rare or not ordered:
            faults.append(f"{channel}: nobody with such a name paid in, or was paid back")
        if lost := len(rare - stated):
            faults.append(f"{channel}: {lost} such names are not on its statements")
        if strange := len(ordered - everybody - stated):
            faults.append(f"{channel}: {strange} such names were ordered that nobody bears")
        told.append(f"{channel} {len(rare)} in, {len(ordered)} out")
    return check("names beyond GB2312 came through", faults, "; ".join(told))


def refused_in_part(channel: str, files: Exchanged) -> Check:
    """A bank paid one part of a file, and refused the other by its own word on each payment."""
    words = [[row.code for row in file.rows] for file in files.returns]
    mixed = [codes for codes in words if PAID in codes and any(code not in (PAID, PENDING) for code in codes)]
    faults = [] if mixed else [f"{channel} paid no file in part"]
    refused = sum(code not in (PAID, PENDING) for codes in mixed for code in codes)
    return check("a file was refused in part", faults, f"{channel}: {refused} of {sum(map(len, mixed))} payments")


def _is(planted: Planted, line: Mapping[str, Any]) -> bool:
    return bool(str(line["source"]).startswith(planted.source) and line["code"] == planted.code)


def _any(planted: Planted, listed: Iterable[Mapping[str, Any]]) -> bool:
    return any(_is(planted, line) for line in listed)
