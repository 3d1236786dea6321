"""The bid log as bidders can check it, and the disc as the notary opens it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pycdlib

from chalicelib.bidlog.rules import growth_faults, head_faults, leaf_of, line_of_receipt, receipt_faults
from local.checks.check import Check, check

Get = Callable[[str], Any]


def bid_log_proves(
    get: Get, period: str, receipts: Mapping[str, Sequence[Mapping[str, Any]]], heads: bytes, public_key: str
) -> Check:
    """Every receipt's bid is proved to be in the log at the public door, and each head to have grown into the last."""
    faults: list[str] = []
    door, proved = f"/periods/{period}/bid-log", 0
    for receipt in (answer["receipt"] for answers in receipts.values() for answer in answers):
        asked = {
            "leaf": leaf_of(line_of_receipt(receipt)).hex(),
            "bidder_class": receipt["bidder_class"],
            "code": receipt["application_code"],
            "number": receipt["bid_number"],
        }
        found = receipt_faults(receipt, get(f"{door}/inclusion?{urlencode(asked)}"), public_key)
        proved += not found
        faults += found
    signed = json.loads(heads)
    for older in signed:
        faults += head_faults(older, public_key)
        faults += growth_faults(older, get(f"{door}/consistency?older={older['head']['size']}"), public_key)
    if not signed or not proved:
        faults.append(f"{len(signed)} heads were signed and {proved} receipts proved")
    return check("receipts are proved by the bid log", faults, f"{proved} receipts, {len(signed)} signed heads")


def disc_holds(image: bytes, packages: Mapping[str, bytes], catalogue: bytes) -> Check:
    """The disc opens, holds every package as it was sealed, and the catalogue names each."""
    faults: list[str] = []
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(image))
    rows = catalogue.decode("utf-8-sig").splitlines()[1:]
    for key, content in packages.items():
        read = io.BytesIO()
        disc.get_file_from_iso_fp(read, joliet_path=f"/{key.rsplit('/', 1)[-1]}")
        if read.getvalue() != content:
            faults.append(f"{key} came off the disc as something else")
        if not any(f",{key}," in row for row in rows):
            faults.append(f"{key} is not in the catalogue")
    disc.close()
    return check("disc and catalogue", faults, f"{len(packages)} packages on the disc, {len(rows)} files listed")
