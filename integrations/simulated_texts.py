"""What simulated carriers of texts share: messages taken, the phones' screens, limits, faults, and pushing reports.

Only simulators use it. It shares nothing with the codecs and clients that they are there to test. Controls of each:
``GET /_phones/{phone}`` -> list of texts, oldest first; ``GET /_state`` -> counts; ``POST /_faults``, any fields of
``Faults``; ``POST /_push``, ``{url, seed?, copies?}``, pushes what was not reported yet as ``push_reports`` does.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from string import Template
from typing import Any

import requests

from integrations.simulated import CHINA, HttpSimulator, Reply, Request, as_json

FAILED, DELIVERED = 2, 3
# (within seconds, messages at most) for one sign and phone.
CODE_LIMITS: tuple[tuple[int, int], ...] = ((60, 1), (3_600, 5), (86_400, 10))
NOTICES_A_DAY_MAX = 50
REPORTS_A_PUSH = 100


@dataclass(frozen=True)
class Message:
    """One message that the carrier took."""

    carrier_id: str
    out_id: str
    phone: str
    template: str
    text: str
    at_s: float
    status: int
    error: str


@dataclass
class Faults:
    """What goes wrong on purpose: answers lost after a message was taken, requests lost before, phones that fail later
    (with ``fail_code``), are dead or over a limit, and a code that everything is refused with. ``withhold``: whoever
    asks is told of a message's end only once it was pushed."""

    lose_answers: int = 0
    lose_requests: int = 0
    fail_phones: set[str] = field(default_factory=set)
    fail_code: str = "MK:0001"
    dead_phones: set[str] = field(default_factory=set)
    limited_phones: set[str] = field(default_factory=set)
    refuse: str = ""
    withhold: bool = False


@dataclass(frozen=True)
class Account:
    """What the carrier was told beforehand: the sign, the templates' texts by id, and which of them is for codes."""

    sign: str
    texts: Mapping[str, str]
    code_template: str


@dataclass(frozen=True)
class Words:
    """A carrier's codes for what it does not take, and for a message that arrived."""

    sign: str
    template: str
    phone: str
    missing: str
    params: str
    limit: str
    delivered: str


class Refused(Exception):
    """The carrier's refusal, by its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TextBook:
    """A carrier's memory; safe to use from several threads."""

    def __init__(
        self,
        account: Account,
        words: Words,
        now_s: Callable[[], float],
        code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS,
        *,
        limited: bool = True,
    ) -> None:
        self.limited = limited
        self.sign = account.sign
        self._texts = {name: Template(text) for name, text in account.texts.items()}
        self._code_template = account.code_template
        self._words = words
        self._code_limits = code_limits
        self._now_s = now_s
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._by_phone: dict[str, list[Message]] = defaultdict(list)
        self._reports: list[Message] = []
        self._untold: set[int] = set()
        self._requests = 0
        self._refused: Counter[str] = Counter()
        self.faults = Faults()

    def take_all(self, wanted: Sequence[tuple[str, str, Any]], template: str, out_id: str) -> str:
        """Take (phone, sign, variables) whole or not at all, and return the request's id. Raises ``Refused``."""
        with self._lock:
            if self.faults.refuse:
                raise Refused(self.faults.refuse)
            carrier_id = f"{self._requests + 1:015d}^0"
            messages = [self._message(each, template, out_id, carrier_id) for each in wanted]
            self._requests += 1
            self._messages.extend(messages)
            for message in messages:
                self._by_phone[message.phone].append(message)
            self._reports.extend(messages)
            self._untold |= {id(message) for message in messages}
            return carrier_id

    def take_reports(self) -> list[Message]:
        """The messages whose reports were not handed out yet."""
        with self._lock:
            taken, self._reports = self._reports, []
            self._untold.clear()
            return taken

    def is_told(self, message: Message) -> bool:
        """Whether who asks is told how a message ended."""
        with self._lock:
            return not (self.faults.withhold and id(message) in self._untold)

    def of_phone(self, phone: str) -> list[Message]:
        """What went to a phone, oldest first."""
        with self._lock:
            return list(self._by_phone.get(phone, ()))

    def refuse(self, code: str) -> None:
        """Count a refusal."""
        with self._lock:
            self._refused[code] += 1

    def set_faults(self, wanted: Mapping[str, Any]) -> None:
        """Set faults; those not named stay."""
        with self._lock:
            self.faults.lose_answers = int(wanted.get("lose_answers", self.faults.lose_answers))
            self.faults.lose_requests = int(wanted.get("lose_requests", self.faults.lose_requests))
            self.faults.fail_phones |= set(wanted.get("fail_phones", ()))
            self.faults.fail_code = str(wanted.get("fail_code", self.faults.fail_code))
            for name in ("dead_phones", "limited_phones"):
                setattr(self.faults, name, set(wanted.get(name, getattr(self.faults, name))))
            self.faults.refuse = str(wanted.get("refuse", self.faults.refuse))
            self.faults.withhold = bool(wanted.get("withhold", self.faults.withhold))

    def spend(self, fault: str) -> bool:
        """Whether a fault (``lose_answers``, ``lose_requests``) strikes now; each strikes as often as it was set."""
        with self._lock:
            left = getattr(self.faults, fault)
            setattr(self.faults, fault, max(0, left - 1))
            return bool(left > 0)

    def texts(self, phone: str) -> list[str]:
        """What a phone shows, oldest first."""
        return [message.text for message in self.of_phone(phone)]

    def state(self) -> dict[str, Any]:
        """Counts of what was taken, by template and how it ended, and of what was refused, by code."""
        with self._lock:
            ends = {message.template: Counter[str]() for message in self._messages}
            for message in self._messages:
                ends[message.template][message.error if message.status == FAILED else "delivered"] += 1
            return {
                "taken": len(self._messages),
                "delivered": sum(1 for message in self._messages if message.status == DELIVERED),
                "failed": sum(1 for message in self._messages if message.status == FAILED),
                "by_template": {template: dict(counts) for template, counts in ends.items()},
                "refused": dict(self._refused),
            }

    def _message(self, wanted: tuple[str, str, Any], template: str, out_id: str, carrier_id: str) -> Message:
        (phone, sign, params), words = wanted, self._words
        if sign != self.sign:
            raise Refused(words.sign)
        if template not in self._texts:
            raise Refused(words.template)
        if len(phone) != 11 or not phone.isdigit() or phone in self.faults.dead_phones:
            raise Refused(words.phone)
        try:
            text = self._texts[template].substitute(params)
        except KeyError as error:
            raise Refused(words.missing) from error
        except (TypeError, ValueError) as error:
            raise Refused(words.params) from error
        self._check_limits(phone, template)
        failing = phone in self.faults.fail_phones
        return Message(
            carrier_id=carrier_id,
            out_id=out_id,
            phone=phone,
            template=template,
            text=f"【{self.sign}】{text}",
            at_s=self._now_s(),
            status=FAILED if failing else DELIVERED,
            error=self.faults.fail_code if failing else words.delivered,
        )

    def _check_limits(self, phone: str, template: str) -> None:
        if not self.limited:
            return
        if phone in self.faults.limited_phones:
            raise Refused(self._words.limit)
        now_s = self._now_s()
        same = [message.at_s for message in self._by_phone.get(phone, ()) if message.template == template]
        if template == self._code_template:
            over = any(
                sum(1 for at_s in same if now_s - at_s < within_s) >= most for within_s, most in self._code_limits
            )
        else:
            over = sum(1 for at_s in same if day_of(at_s) == day_of(now_s)) >= NOTICES_A_DAY_MAX
        if over:
            raise Refused(self._words.limit)


def push_reports(
    book: TextBook, url: str, entry_of: Callable[[Message], dict[str, Any]], *, seed: int = 0, copies: int = 1
) -> dict[str, int]:
    """Push what was not reported yet to ``url``, in any order, each push so many times; how many were taken.

    A report that nobody took is pushed no further: whoever wants it asks.
    """
    entries = [entry_of(message) for message in book.take_reports()]
    chance = random.Random(seed)  # noqa: S311 (a seed, so that a run can be had again)
    chance.shuffle(entries)
    pushes = [entries[start : start + REPORTS_A_PUSH] for start in range(0, len(entries), REPORTS_A_PUSH)] * copies
    chance.shuffle(pushes)
    taken = sum(requests.post(url, json=push, timeout=20).status_code == 200 for push in pushes)
    return {"reports": len(entries), "pushes": len(pushes), "taken": taken}


class SimulatedCarrier(HttpSimulator):
    """A carrier over HTTP and its controls. A subclass has ``answer`` for its own API and ``report_of`` for what it
    pushes."""

    keeps_alive = True

    def __init__(self, book: TextBook, port: int) -> None:
        super().__init__(port)
        self.book = book

    @property
    def url(self) -> str:
        """Where it listens, with the slash that a carrier's own address ends with."""
        return f"{super().url}/"

    def answer(self, request: Request) -> Reply:
        """Answer a request to the carrier's own API."""
        raise NotImplementedError

    def report_of(self, message: Message) -> dict[str, Any]:
        """A message as it is pushed."""
        raise NotImplementedError

    def serve(self, request: Request) -> Reply | None:
        """The API, or a control."""
        book = self.book
        if request.method == "GET":
            if request.path.startswith("/_phones/"):
                return as_json(200, book.texts(request.path.removeprefix("/_phones/")))
            return as_json(200, book.state()) if request.path == "/_state" else as_json(404, {})
        if request.path == "/_faults":
            book.set_faults(request.given())
            return as_json(200, {})
        if request.path == "/_push":
            return as_json(200, push_reports(book, entry_of=self.report_of, **request.given()))
        if book.spend("lose_requests"):
            return None
        reply = self.answer(request)
        return None if book.spend("lose_answers") else reply


def day_of(at_s: float) -> str:
    """The carrier's day of an instant, ``20260312``."""
    return datetime.fromtimestamp(at_s, CHINA).strftime("%Y%m%d")
