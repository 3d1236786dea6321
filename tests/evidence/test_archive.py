"""The archive's catalogue and the disc: every file is there, in its class, and comes off the disc as it went on."""

from __future__ import annotations

import io
import os
import time
from datetime import datetime

import boto3
import pycdlib
import pytest

from chalicelib.evidence.archive import as_csv, as_page, catalogue, class_of
from chalicelib.evidence.disc import image
from chalicelib.evidence.package import Attachment
from chalicelib.evidence.sealing import seal
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.files import S3Files
from chalicelib.kernel.settings import Settings
from tests.evidence.sealed_auction import SIGNER, auction, qualification, sealed

PACKAGES = {"2026-03/3-qualification.zip": qualification(), "2026-03/4-auction.zip": auction()}
OTHERS = {"hangzhou/refunds/2026-03-1.txt": b"1", "reports/2026-03.xlsx": b"2", "notes.txt": b"3"}


def burnt(files: dict[str, bytes]) -> bytes:
    disc = io.BytesIO()
    image(disc, "2026-03", files)
    return disc.getvalue()


@pytest.mark.parametrize(
    ("name", "code", "years"),
    [
        ("bids-individual.csv", "01", 30),
        ("ledger.jsonl", "02", 30),
        ("credits.csv", "03", 10),
        ("reports/2026-03.xlsx", "04", 10),
        ("applicants.csv", "05", 10),
        ("attachment", "06", 30),
        ("readme", "09", 10),
    ],
)
def test_given_a_file_when_classed_then_its_retention_is_the_tables(name: str, code: str, years: int) -> None:
    assert (class_of(name).code, class_of(name).years) == (code, years)


def test_given_a_period_when_listed_then_every_file_is_there_once_with_its_package_and_its_term() -> None:
    entries = catalogue(PACKAGES, OTHERS.items())

    names = [(entry.package, entry.name) for entry in entries]
    assert len(names) == len(set(names))
    assert {name for package, name in names if not package} == PACKAGES.keys() | OTHERS.keys()
    assert ("2026-03/4-auction.zip", "bid-log.csv") in names
    assert not [name for _, name in names if name.endswith(".leaves") or name == "verify.py"]
    rows = as_csv("2026-03", entries).decode("utf-8-sig").splitlines()
    assert len(rows) == len(entries) + 1
    assert rows[1].startswith("1,01,竞价记录,")
    assert ",30 年,2056-12-31," in rows[1]


def test_given_names_with_markup_when_printed_then_they_are_text() -> None:
    page = as_page("2026-03", "档案目录", catalogue({}, [("<b>.txt", b"")])).decode()

    assert "&lt;b&gt;.txt" in page
    assert "共 1 件" in page


def test_given_chinese_names_when_put_on_a_disc_then_both_kinds_of_reader_find_them_whole() -> None:
    files = {"4-竞价日证据包.zip": auction(), "案卷目录.csv": b"1,2\r\n", "verify.py": b"pass\n", "空": b""}
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(burnt(files)))

    for name, content in files.items():
        for path in ({"joliet_path": f"/{name}"}, {"rr_path": f"/{name}"}):
            read = io.BytesIO()
            disc.get_file_from_iso_fp(read, **path)
            assert read.getvalue() == content, path
    disc.close()


def test_given_the_same_files_when_put_on_a_disc_anywhere_and_at_any_time_then_the_bytes_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = burnt({"a": b"1", "乙": b"2"})
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.5)
    monkeypatch.setitem(os.environ, "TZ", "America/New_York")
    time.tzset()
    try:
        assert burnt({"乙": b"2", "a": b"1"}) == one
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65])
def test_given_a_name_no_disc_can_hold_when_put_on_one_then_it_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no names for a disc"):
        burnt({name: b""})


def test_given_an_attachment_when_listed_then_it_stands_under_the_package_that_names_it() -> None:
    minutes = Attachment("记录.pdf", "scan", 9, "a" * 64, "b" * 64)
    package = sealed("applicants", {"a.json": b"{}"}, attachments=[minutes])

    (entry,) = [each for each in catalogue({"2026-03/1-applicants.zip": package}, []) if each.name == "记录.pdf"]

    assert (entry.kept.code, entry.package, entry.size) == ("06", "2026-03/1-applicants.zip", 9)


@pytest.mark.parametrize(
    ("names", "until"),
    [
        (["bids-individual.csv", "rules.toml"], "2032-01-01T00:00:00+08:00"),
        (["ledger.jsonl", "settlement.xlsx"], "2057-01-01T00:00:00+08:00"),
        (["credits.csv"], "2037-01-01T00:00:00+08:00"),
        (["applicants.csv"], None),
    ],
)
def test_given_a_package_when_sealed_by_class_then_the_law_s_longest_term_locks_it(
    names: list[str], until: str | None, aws: None
) -> None:
    s3 = boto3.client("s3")
    where = {"LocationConstraint": "cn-north-1"}
    s3.create_bucket(Bucket="locking", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
    files = S3Files(s3, Settings({"EVIDENCE_BUCKET": "locking", "EVIDENCE_LOCK_MODE": "COMPLIANCE"}))
    contents, clock = dict.fromkeys(names, b"a\n"), SetClock(0)

    told = seal(
        "2026-03", "month", contents, rules_version="v", signer=SIGNER, files=files, clock=clock, lock_by_class=True
    )

    found = s3.head_object(Bucket="locking", Key=told["key"])
    assert found.get("ObjectLockMode") == ("COMPLIANCE" if until else None)
    assert found.get("ObjectLockRetainUntilDate") == (datetime.fromisoformat(until) if until else None)
