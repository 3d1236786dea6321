"""Each kind of tampering, before both verifiers: the hub's own and the one that lies in the package. Both must fail and
say where, each in its own words.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chalicelib.evidence.verifying import Unreadable, link_faults, open_package, verify_package
from chalicelib.kernel.ids import canonical
from local.recounting import recount_faults
from tests.evidence.sealed_auction import (
    FORGER,
    INDIVIDUALS,
    SIGNER,
    auction,
    changed,
    lines_changed,
    members_of,
    qualification,
    resealed,
    run_shipped,
    zipped,
)

ROOT = Path(__file__).resolve().parents[2]
KEY = ("--public-key", SIGNER.public_key)
Lines = list[bytes]


def another_price(lines: Lines) -> None:
    code, price, at = lines[4].split(b",")
    lines[4] = b",".join((code, b"%d" % (int(price) + 100), at))


def another_time(lines: Lines) -> None:
    lines[4] = lines[4].replace(b"T", b"T0", 1)[: len(lines[4]) - 1] + b"\n"


def swapped(lines: Lines) -> None:
    lines[4], lines[5] = lines[5], lines[4]


def dropped(lines: Lines) -> None:
    del lines[4]


def added(lines: Lines) -> None:
    lines.insert(4, b"I7777,29900,2026-03-25T09:00:00.001\n")


def appended(lines: Lines) -> None:
    lines.append(b"I7777,29900,2026-03-25T14:59:59.999\n")


def heading(lines: Lines) -> None:
    lines[0] = b"application_code,price,bid_at \n"


def line_ends(lines: Lines) -> None:
    lines[:] = [line.replace(b"\n", b"\r\n") for line in lines]


def _files_changed(**changes: bytes | None) -> Callable[[], bytes]:
    named = {name.replace("__", "-").replace("_", "."): content for name, content in changes.items()}
    return lambda: changed(auction(), named)


def _price_and_index() -> bytes:
    """The index is made to fit the changed row, so that no row seems changed."""
    forged = members_of(lines_changed(auction(), INDIVIDUALS, another_price))
    index = members_of(resealed(auction(), {INDIVIDUALS: forged[INDIVIDUALS]}, signer=FORGER))[f"{INDIVIDUALS}.leaves"]
    return changed(auction(), {INDIVIDUALS: forged[INDIVIDUALS], f"{INDIVIDUALS}.leaves": index})


def _price_and_digests() -> bytes:
    """Every digest, the root and the index are right, and only the hub's signature can't be made."""
    forged = members_of(lines_changed(auction(), INDIVIDUALS, another_price))[INDIVIDUALS]
    anew = members_of(resealed(auction(), {INDIVIDUALS: forged}, signer=FORGER))
    return changed(auction(), {**anew, "signature.json": members_of(auction())["signature.json"]})


def _result_of_others() -> bytes:
    told = json.loads(members_of(auction())["result.json"])
    told["classes"]["individual"]["winners"] -= 1
    return changed(auction(), {"result.json": json.dumps(told).encode()})


def _another_signature() -> bytes:
    seal = json.loads(members_of(auction())["signature.json"])
    seal["signature"] = ("A" if seal["signature"][0] != "A" else "B") + seal["signature"][1:]
    return changed(auction(), {"signature.json": json.dumps(seal).encode()})


def _rules_with(old: bytes, new: bytes) -> Callable[[], bytes]:
    def change() -> bytes:
        rules = members_of(auction())["rules.toml"]
        assert old in rules
        return changed(auction(), {"rules.toml": rules.replace(old, new)})

    return change


def _rows(change: Callable[[Lines], None]) -> Callable[[], bytes]:
    return lambda: lines_changed(auction(), INDIVIDUALS, change)


def another_leaf(lines: Lines) -> None:
    lines[4] = lines[4][:-3] + (b"7" if lines[4][-3:-2] != b"7" else b"8") + b"\r\n"


def added_leaf(lines: Lines) -> None:
    lines.append(b"2026-03,individual,I0001,4,29900,2026-03-25T09:00:00.001,00000000-0000-0000-0000-000000000000\r\n")


def _logged(change: Callable[[Lines], None]) -> Callable[[], bytes]:
    return lambda: lines_changed(auction(), "bid-log.csv", change)


def _json(name: str, change: Callable[[Any], object]) -> Callable[[], bytes]:
    def changing() -> bytes:
        content = json.loads(members_of(auction())[name])
        change(content)
        return changed(auction(), {name: canonical(content)})

    return changing


def _heads(change: Callable[[list[Any]], object]) -> Callable[[], bytes]:
    return _json("tree-heads.json", change)


def _another_root(heads: list[Any]) -> None:
    heads[1]["head"]["root"] = heads[2]["head"]["root"]


def _heads_of_another() -> bytes:
    heads = json.loads(members_of(auction())["tree-heads.json"])
    anew = [
        {"head": one["head"], "signature": FORGER.sign(one["head"]), "public_key": FORGER.public_key} for one in heads
    ]
    return changed(auction(), {"tree-heads.json": canonical(anew)})


def _without_a_bid() -> bytes:
    lines = members_of(auction())[INDIVIDUALS].splitlines(keepends=True)
    return b"".join(lines[:4] + lines[5:])


def _halved_average(history: Any) -> None:
    history["individual"]["last_average_fen"] //= 2


def _another_quota(window: Any) -> None:
    window["classes"]["individual"]["quota"] += 1


def _paused_all_day(window: Any) -> None:
    window["pauses"] = [{"from": window["opens_at"], "until": window["closes_at"]}]


def _high_mean(history: Any) -> None:
    history["individual"]["last_mean_fen"] = 9_000_000


# What was done, what the hub's verifier says of it, what the shipped one says.
TAMPERED: list[tuple[str, Callable[[], bytes], str, str]] = [
    (
        "a price",
        _rows(another_price),
        f"{INDIVIDUALS}: row at line 5 was changed",
        f"{INDIVIDUALS} 第 5 行: 内容被改动",
    ),
    ("a time", _rows(another_time), f"{INDIVIDUALS}: row at line 5 was changed", f"{INDIVIDUALS} 第 5 行: 内容被改动"),
    ("the order", _rows(swapped), f"{INDIVIDUALS}: row at line 6 is not in", f"{INDIVIDUALS} 第 6 行: 行序被改动"),
    ("a dropped row", _rows(dropped), f"{INDIVIDUALS}: 1 row dropped at line 5", f"{INDIVIDUALS} 第 5 行起缺少 1 行"),
    ("an added row", _rows(added), f"{INDIVIDUALS}: 1 row added at line 5", f"{INDIVIDUALS} 第 5 行起多出 1 行"),
    ("a last row", _rows(appended), f"{INDIVIDUALS}: 1 row added at line ", " 行起多出 1 行"),
    ("the heading", _rows(heading), f"{INDIVIDUALS}: sha256 differs", f"{INDIVIDUALS}: 摘要或长度与清单不符"),
    ("the line ends", _rows(line_ends), f"{INDIVIDUALS}: bytes differs", f"{INDIVIDUALS}: 摘要或长度与清单不符"),
    ("a row and its index", _price_and_index, f"{INDIVIDUALS}: its rows can't be named", f"{INDIVIDUALS}.leaves: 摘要"),
    ("a row and every digest", _price_and_digests, "the signature does not fit", "signature.json: 签名与清单不符"),
    ("a rule", _rules_with(b"bids_max = 3", b"bids_max = 1"), "rules.toml: sha256 differs", "rules.toml: 摘要"),
    ("the rules' version", _rules_with(b'"2026-01"', b'"2026-02"'), "rules.toml: hangzhou 2026-02", "规则版本不一致"),
    ("the seed", _files_changed(seed_txt=b"00\n"), "seed.txt: not the seed", "种子承诺"),
    (
        "the result",
        _result_of_others,
        "recount individual winners: sealed 19, counted 20",
        "individual winners: 封存 19",
    ),
    ("a signature", _another_signature, "the signature does not fit", "signature.json: 签名与清单不符"),
    (
        "who signed",
        lambda: resealed(auction(), {}, signer=FORGER),
        "signed with a key that is not the hub's",
        "signature.json: 公钥不是给出的公钥",
    ),
    ("a leaf", _logged(another_leaf), "tree-heads.json: head of", "签名不符,或根与出价日志前"),
    ("a removed leaf", _logged(dropped), "tree-heads.json: head of", "不在出价日志中"),
    (
        "an added leaf",
        _logged(added_leaf),
        "bid-log.csv: I0001,29900,2026-03-25T09:00:00.001",
        "仅在出价日志中",
    ),
    ("the leaves' order", _logged(swapped), "tree-heads.json: head of", "根与出价日志前"),
    ("a head's root", _heads(_another_root), "tree-heads.json: head of", "签名不符"),
    ("the last head", _heads(lambda heads: heads.pop()), "tree-heads.json: the last head is not", "最后的树头未包括"),
    ("whose heads", _heads_of_another, "tree-heads.json: head of 2026-03-25T09:00:00.000: signed with", "签名不符"),
    (
        "a dropped bid, sealed anew by the hub",
        lambda: resealed(auction(), {INDIVIDUALS: _without_a_bid()}, signer=SIGNER),
        "bid-log.csv: I",
        "仅在出价日志中",
    ),
    ("the cap", _json("history.json", _halved_average), "window.json individual: its cap", "最高限价或配额与"),
    ("the quota", _json("window.json", _another_quota), "window.json individual: its cap", "最高限价或配额与"),
    ("a pause", _json("window.json", _paused_all_day), f"{INDIVIDUALS}: I", f"{INDIVIDUALS} 第 2 行: 不合竞价规则"),
    ("the last mean", _json("history.json", _high_mean), "recount individual more_quota", "重新计票 individual more"),
    ("a file left out", _files_changed(rules_toml=None), "rules.toml: in the manifest, not", "rules.toml: 清单与包中"),
    ("a file put in", _files_changed(more_csv=b"a\n"), "more.csv: in the package, not", "more.csv: 清单与包中"),
    ("the verifier", _files_changed(verify_py=b"pass\n"), "verify.py: sha256 differs", "verify.py: 摘要"),
    ("no manifest", _files_changed(manifest_json=None), "manifest.json or signature.json is", "证据包不完整或不可读"),
    ("compressed", lambda: zipped(members_of(auction()), zipfile.ZIP_DEFLATED), "a member is compressed", "压缩的成员"),
    ("bytes before the zip", lambda: b"#!/bin/sh\n" + auction(), "the zip holds something beside", "夹带别的数据"),
    ("cut off", lambda: auction()[:-30], "not a zip that can be read", "证据包不完整或不可读"),
]


@cache
def whole() -> bytes:
    return auction()


def hub_faults(package: bytes, previous: bytes | None = None) -> list[str]:
    faults = verify_package(package, SIGNER.public_key)
    faults += link_faults(package, previous) if previous is not None else []
    try:
        return faults + recount_faults(open_package(package))
    except Unreadable:
        return faults


def test_given_an_untouched_package_when_verified_then_both_find_that_everything_holds(tmp_path: Path) -> None:
    (tmp_path / "previous.zip").write_bytes(qualification())

    assert hub_faults(whole(), qualification()) == []
    assert run_shipped(tmp_path, whole(), *KEY, "--previous", "previous.zip") == (0, ["全部成立"])


def test_given_no_key_and_no_previous_when_verified_then_the_shipped_one_says_what_it_did_not_check(
    tmp_path: Path,
) -> None:
    assert run_shipped(tmp_path, whole()) == (0, ["全部成立 (未给出上一个包或公布的公钥,相应各项未验)"])


@pytest.mark.parametrize(("tamper", "hubs", "shipped"), [case[1:] for case in TAMPERED], ids=[c[0] for c in TAMPERED])
def test_given_a_tampered_package_when_verified_then_both_fail_and_say_where(
    tamper: Callable[[], bytes], hubs: str, shipped: str, tmp_path: Path
) -> None:
    package = tamper()

    assert any(fault.startswith(hubs) for fault in hub_faults(package)), hub_faults(package)
    exit_code, lines = run_shipped(tmp_path, package, *KEY)
    assert exit_code == 1
    assert any(shipped in line for line in lines), lines


def test_given_every_kind_of_tampering_when_the_command_itself_is_run_then_it_fails_and_says_where(
    tmp_path: Path,
) -> None:
    """``hangpai verify`` in a process of its own, as a notary with the hub's tools runs it; one for all of them."""
    told = {}
    for number, (what, tamper, hubs, _) in enumerate(TAMPERED):
        told[f"{number:02d}.zip"] = (what, hubs)
        (tmp_path / f"{number:02d}.zip").write_bytes(tamper())

    command = [sys.executable, "-m", "local.cli", "verify", *(str(tmp_path / name) for name in told), *KEY, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120)

    assert done.returncode == 1
    found = {each["package"]: each["faults"] for each in json.loads(done.stdout)}
    assert found.keys() == told.keys()
    for name, (what, hubs) in told.items():
        assert any(fault.startswith(hubs) for fault in found[name]), (what, found[name])


def _another_previous() -> bytes:
    return lines_changed(qualification(), "qualification.csv", lambda lines: lines.pop())


@pytest.mark.parametrize(
    ("package", "previous", "hubs", "shipped"),
    [
        (
            auction,
            _another_previous,
            "chain: 2026-03/3-qualification.zip was sealed",
            "3-qualification.zip 与给出的包不符",
        ),
        (auction, auction, "chain: the previous package is 2026-03/3", "3-qualification.zip 与给出的包不符"),
        (qualification, auction, "chain: this package names no previous one", "(无) 与给出的包不符"),
        (
            lambda: resealed(auction(), {}, signer=SIGNER, rules_version="hangzhou 2026-02"),
            qualification,
            "chain: the rules changed from hangzhou 2026-01",
            "规则版本不一致",
        ),
        (auction, lambda: b"PK", "chain: not a zip", "3-qualification.zip 与给出的包不符"),
    ],
    ids=["changed before", "another before", "none before", "other rules before", "no package before"],
)
def test_given_a_broken_chain_when_verified_then_both_name_the_link(
    package: Callable[[], bytes], previous: Callable[[], bytes], hubs: str, shipped: str, tmp_path: Path
) -> None:
    (tmp_path / "previous.zip").write_bytes(previous())

    assert any(fault.startswith(hubs) for fault in link_faults(package(), previous()))
    exit_code, lines = run_shipped(tmp_path, package(), *KEY, "--previous", "previous.zip")
    assert exit_code == 1
    assert any(shipped in line for line in lines), lines
