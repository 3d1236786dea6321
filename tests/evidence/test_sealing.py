"""Sealed evidence: the same content is the same package, nothing can be changed in it, and packages form a chain."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from chalicelib.evidence import verify
from chalicelib.evidence.records import SealRecord, find_seal
from chalicelib.evidence.sealing import seal, standing
from chalicelib.evidence.verifying import verify_package
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.errors import Conflict, InvalidInput
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.signing import Signer
from tests.evidence.sealed_auction import packed

SIGNER = Signer(bytes(range(32)))
NO_TABLE: dict[str, bytes | None] = {"b.csv": None, "b.csv.leaves": None}
CONTENTS = {"b.csv": b"code,price\nA,1\nB,2\n", "a.json": b"{}"}


def package(contents: dict[str, bytes] | None = None) -> bytes:
    return packed(
        "2026-03", "auction", contents or CONTENTS, previous=None, rules_version="hangzhou 2026-01", signer=SIGNER
    )


def repacked(original: bytes, changed: dict[str, bytes | None]) -> bytes:
    """The package with members replaced, added or (``None``) left out."""
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        members: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in {**members, **changed}.items():
            if content is not None:
                archive.writestr(name, content)
    return packed.getvalue()


class Room:
    """A sealing room with files in memory."""

    def __init__(self) -> None:
        self.files = MemoryFiles()
        self.clock = SetClock(1_774_400_000_000)

    def seal(self, moment: str, contents: dict[str, bytes] = CONTENTS) -> dict[str, str]:
        return seal("2026-03", moment, contents, rules_version="v", signer=SIGNER, files=self.files, clock=self.clock)

    def stands(self, moment: str) -> bool:
        return standing("2026-03", moment, signer=SIGNER, files=self.files, clock=self.clock)


def test_given_the_same_files_in_another_order_when_packed_then_the_bytes_are_the_same() -> None:
    assert package() == package(dict(reversed(CONTENTS.items())))


def test_given_a_package_when_verified_then_it_has_no_fault_and_counts_rows() -> None:
    assert verify_package(package(), SIGNER.public_key) == []
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        assert b'"name":"b.csv","rows":2' in archive.read("manifest.json")
        assert archive.read("verify.py") == Path(verify.__file__).read_bytes()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"b.csv": b"code,price\nA,9\nB,2\n"}, "b.csv: sha256 differs from the manifest"),
        ({"b.csv": None}, "b.csv: in the manifest, not in the package"),
        ({"c.csv": b""}, "c.csv: in the package, not in the manifest"),
        ({"signature.json": None}, "manifest.json or signature.json is missing"),
        ({"manifest.json": b"[]"}, "manifest.json or signature.json is missing"),
        ({"manifest.json": b"[" * 100_000}, "manifest.json or signature.json is missing"),
        ({"signature.json": b'{"public_key":1,"signature":""}'}, "manifest.json or signature.json is missing"),
    ],
)
def test_given_a_changed_package_when_verified_then_the_fault_is_named(
    changed: dict[str, bytes | None], fault: str
) -> None:
    assert any(found.startswith(fault) for found in verify_package(repacked(package(), changed)))


def test_given_a_manifest_changed_with_its_file_when_verified_then_the_signature_does_not_fit() -> None:
    forged = packed("2026-03", "auction", {"a.json": b"[]"}, previous=None, rules_version="v", signer=SIGNER)
    with zipfile.ZipFile(io.BytesIO(forged)) as archive:
        manifest = archive.read("manifest.json")

    faults = verify_package(repacked(package(), {"manifest.json": manifest, "a.json": b"[]", **NO_TABLE}))

    assert faults == ["the signature does not fit the manifest"]


def test_given_another_key_when_verified_against_the_hubs_then_it_is_named() -> None:
    assert verify_package(package(), Signer(bytes(32)).public_key) == ["signed with a key that is not the hub's"]


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all"])
def test_given_no_zip_when_verified_then_it_is_said(content: bytes) -> None:
    assert verify_package(content)[0].startswith("not a zip")


@pytest.mark.parametrize("name", ["../a", "manifest.json", "", "a/b", ".hidden", "verify.py", "b.csv.leaves"])
def test_given_a_bad_file_name_when_packed_then_it_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        package({name: b""})
    assert refused.value.code == "EVIDENCE_FILE_NAME"


def test_given_a_sealed_moment_when_sealed_again_then_it_is_the_same_and_nothing_moves(aws: None) -> None:
    room = Room()
    first = room.seal("auction")
    room.clock.advance(60_000)

    assert room.seal("auction") == first
    assert SealRecord.get("2026-03", "4-auction").sealed_at_ms == 1_774_400_000_000


def test_given_a_sealed_moment_when_sealed_with_other_content_then_it_is_refused(aws: None) -> None:
    room = Room()
    sealed = room.seal("auction")

    with pytest.raises(Conflict) as refused:
        room.seal("auction", {"a.json": b"[]"})

    assert refused.value.code == "EVIDENCE_SEALED"
    found = find_seal("2026-03", "auction")
    assert found is not None
    assert found.sha256 == sealed["sha256"]


def test_given_a_break_between_file_and_record_when_sealed_again_then_the_record_is_made(aws: None) -> None:
    room = Room()
    first = room.seal("auction")
    SealRecord("2026-03", "4-auction").delete()

    assert room.seal("auction") == first
    assert find_seal("2026-03", "auction") is not None


def test_given_a_moment_sealed_by_an_earlier_hub_when_sealed_again_then_what_stands_is_kept(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room()
    first = room.seal("auction")
    monkeypatch.setattr("chalicelib.evidence.package.FORMAT", "hangpai-evidence/9")

    assert room.seal("auction") == first


def test_given_a_sealed_package_that_was_replaced_when_sealed_again_then_it_is_said(aws: None) -> None:
    room = Room()
    sealed = room.seal("auction")
    room.files.write("evidence", sealed["key"], package({"a.json": b"[]"}))

    with pytest.raises(Conflict) as refused:
        room.seal("auction")

    assert refused.value.code == "EVIDENCE_ALTERED"


def test_given_a_machine_started_again_when_it_looks_then_it_is_told_what_was_sealed(aws: None) -> None:
    room = Room()
    assert not room.stands("auction")
    room.seal("auction")

    assert room.stands("auction")
    assert not room.stands("settlement")


def test_given_a_break_between_file_and_record_when_looked_for_then_the_record_is_made(aws: None) -> None:
    room = Room()
    room.seal("auction")
    SealRecord("2026-03", "4-auction").delete()

    assert room.stands("auction")
    assert find_seal("2026-03", "auction") is not None


@pytest.mark.parametrize("recorded", [True, False])
def test_given_a_package_that_is_not_the_hubs_when_looked_for_then_it_is_said(aws: None, recorded: bool) -> None:
    room = Room()
    sealed = room.seal("auction")
    room.files.write("evidence", sealed["key"], repacked(package(), {"a.json": b"[]"}))
    if not recorded:
        SealRecord("2026-03", "4-auction").delete()

    with pytest.raises(Conflict) as refused:
        room.stands("auction")

    assert refused.value.code == "EVIDENCE_ALTERED"


def test_given_sealed_moments_when_chained_then_each_names_the_one_before(aws: None) -> None:
    room = Room()
    first = room.seal("applicants")
    second = room.seal("auction")

    with zipfile.ZipFile(io.BytesIO(room.files.read("evidence", second["key"]))) as archive:
        assert first["sha256"].encode() in archive.read("manifest.json")


def test_given_a_later_moment_sealed_when_an_earlier_one_is_missing_then_it_can_not_be_put_in(aws: None) -> None:
    room = Room()
    room.seal("auction")

    with pytest.raises(Conflict) as refused:
        room.seal("deposits")

    assert refused.value.code == "EVIDENCE_OUT_OF_ORDER"


def test_given_an_unknown_moment_when_sealed_then_the_known_ones_are_named(aws: None) -> None:
    with pytest.raises(InvalidInput) as refused:
        Room().seal("lunch")
    assert "applicants" in refused.value.problems[0].remedy
