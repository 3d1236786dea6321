"""One side of the campaign measure in a process of its own: ``serve``, ``ours URL N`` or ``bare URL N``.

``serve`` is the carrier with its limits off, on a free port that it prints; the others send N messages to it and print
the seconds that took. The same people, texts, batches and signatures on both sides.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Mapping

import requests

from chalicelib.applicants.records import owner_of
from chalicelib.kernel.clock import SystemClock
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy, canonical
from chalicelib.kernel.privacy import Vault
from chalicelib.messages.campaigns import campaign
from chalicelib.messages.lists import read_chunk
from chalicelib.messages.rules import Entry, chunked, cut_into_batches
from chalicelib.messages.sender import Sender
from chalicelib.messages.sending import send_batches
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.codec import BATCH_MAX, signed
from integrations.aliyun_sms.profile import profile
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import SmsCarrier

SECRET = "a secret of the benchmark"  # noqa: S105
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PERIOD, CAMPAIGN, BATCHES_A_CHUNK = "2026-03", "deposit_unpaid", 20


def _people(count: int) -> list[tuple[str, str, dict[str, str]]]:
    codes = [f"33012{number:08d}" for number in range(count)]
    return [
        (code, f"138{number:08d}", {"application": code, "until": "3月17日17:00"}) for number, code in enumerate(codes)
    ]


def _ours(url: str, count: int) -> float:
    """The function's own turns over lists that the audience step has written, phones sealed in them."""
    entropy, clock = SystemEntropy(), SystemClock()
    vault, files, keys = Vault(b"k" * 32, b"l" * 32, entropy), MemoryFiles(), []
    entries = [
        Entry(code, params, vault.seal(phone, owner_of(PERIOD, code)), vault.lookup("phone", phone)[:16])
        for code, phone, params in _people(count)
    ]
    for number, chunk in enumerate(chunked(cut_into_batches(entries, BATCH_MAX), BATCHES_A_CHUNK), start=1):
        keys.append(f"{number}.json")
        content = {"round": 1, "chunk": number, "batches": [[vars(entry) for entry in batch] for batch in chunk]}
        files.write("work", keys[-1], canonical(content))
    carriers: Mapping[str, SmsCarrier] = {"aliyun": AliyunSms(url, SECRET, clock, entropy)}
    in_flight = campaign(CAMPAIGN, "hangzhou").batches_in_flight
    began = time.perf_counter()
    for key in keys:
        sender = Sender(carriers, clock, vault, CAMPAIGN)
        send_batches(read_chunk(files, PERIOD, CAMPAIGN, key, "aliyun"), sender, in_flight)
    return time.perf_counter() - began


def _bare(url: str, count: int) -> float:
    """A loop that signs and posts the same batches and looks whether they were taken; it keeps no record."""
    people, session, entropy, own = _people(count), requests.Session(), SystemEntropy(), profile()
    began = time.perf_counter()
    for start in range(0, count, BATCH_MAX):
        batch = people[start : start + BATCH_MAX]
        form = {
            "Action": "SendBatchSms",
            "PhoneNumberJson": json.dumps([phone for _, phone, _ in batch]),
            "SignNameJson": json.dumps([own.sign] * len(batch), ensure_ascii=False),
            "TemplateCode": own.templates[CAMPAIGN].id,
            "TemplateParamJson": json.dumps([params for *_, params in batch], ensure_ascii=False),
            "OutId": f"batch-{start}",
        }
        now_ms = time.time_ns() // 1_000_000
        body = signed(form, own, SECRET, nonce=entropy.token(16).hex(), now_ms=now_ms)
        if session.post(url, data=body, headers=FORM, timeout=10).json()["Code"] != "OK":
            raise SystemExit("a batch was not taken")
    return time.perf_counter() - began


def _serve() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with SmsSimulator(SECRET, limited=False) as carrier:
        print(carrier.url, flush=True)
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve()
    else:
        print({"ours": _ours, "bare": _bare}[sys.argv[1]](sys.argv[2], int(sys.argv[3])))
