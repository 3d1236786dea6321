"""The bank's own reading and writing of the link's XML, by hand: what the hub's codec is held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import escape, unescape

CHINA = timezone(timedelta(hours=8))
DECLARATION = '<?xml version="1.0" encoding="GB2312"?>\n'
# serial, type (1 debit, 2 credit), account behind it, its name, explain are what a booking says; amounts are fen.


@dataclass(frozen=True)
class Booking:
    """One movement on the account, and the balance after it."""

    serial: str
    booked_at_ms: int
    kind: str
    amount_fen: int
    account: str
    name: str
    explain: str
    balance_fen: int
    # The business day in a compressed month; empty: the day of its instant.
    day: str = ""

    @property
    def shown_day(self) -> str:
        """The day that it is shown with, YYYY-MM-DD."""
        return self.day or f"{self.moment:%Y-%m-%d}"

    @property
    def shown_time(self) -> str:
        """The time of day; the whole instant where the day is another than the instant's."""
        return f"{self.moment:%Y%m%d%H%M%S}" if self.day else f"{self.moment:%H%M%S}"

    @property
    def moment(self) -> datetime:
        """When it was booked, in China."""
        return datetime.fromtimestamp(self.booked_at_ms // 1000, CHINA)


@dataclass(frozen=True)
class Payment:
    """One row of a batch."""

    number: str
    account: str
    name: str
    amount_fen: int
    explain: str


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else f"-{yuan(-fen)}"


def fen(text: str) -> int:
    """Yuan with two decimals as fen."""
    whole, point, part = text.partition(".")
    if not point or len(part) != 2:
        raise ValueError(f"not yuan with two decimals: {text!r}")
    return int(whole) * 100 + int(part)


@dataclass(frozen=True)
class Asked:
    """A request: transaction code, and every element's text by name."""

    trn_code: str
    said: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """An element's text; empty where it did not come."""
        return self.said.get(name, "")


def read_request(content: bytes) -> Asked:
    """Take a request apart. Raises ``ValueError`` where it is none."""
    text = content.decode("gb18030")
    root = re.search(r"<CMBC ([^>]*)>", text)
    if not text.startswith('<?xml version="1.0" encoding="GB2312"?>') or root is None:
        raise ValueError("no CMBC message in GB2312")
    attributes = dict(re.findall(r'(\w+)="([^"]*)"', root[1]))
    fixed = {"header": "100", "version": "100", "security": "none", "lang": "chs"}
    if {name: attributes.get(name) for name in fixed} != fixed or not text.endswith("</xDataBody></CMBC>"):
        raise ValueError("attributes or end of CMBC are wrong")
    said = {name: unescape(inner) for name, inner in re.findall(r"<(\w+)>([^<]*)</\1>", text)}
    if (said.get("language"), said.get("appId"), said.get("appVer")) != ("chs", "nsbdes", "201"):
        raise ValueError("requestHeader is wrong")
    datetime.strptime(said["dtClient"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    return Asked(attributes["trnCode"], said)


def reply(trn_code: str, code: str, message: str, body: str, at_ms: int) -> bytes:
    """A reply: header, status and body."""
    when = datetime.fromtimestamp(at_ms // 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    severity = "info" if code == "0" else "error"
    return (
        f'{DECLARATION}<CMBC header="100" lang="chs" security="none" trnCode="{trn_code}" version="100">\n'
        f"<responseHeader><status><code>{code}</code><severity>{severity}</severity>"
        f"<message>{escape(message)}</message></status><dtServer>{when}</dtServer><userKey>N</userKey>"
        f"<dtDead></dtDead><language>chs</language></responseHeader>\n<xDataBody>{body}</xDataBody>\n</CMBC>\n"
    ).encode("gb18030")


def shown_serial(serial: str) -> str:
    """A booking's serial with its sequence number, as whoever reads the detail puts them together."""
    return f"{serial}-1"


def detail(account_no: str, bookings: Iterable[Booking], total: int, trn_id: str) -> str:
    """The body of a ``qryDtl`` reply: a page of rows, and how many there are in all."""
    rows = [
        "<dtlInfo>"
        f"<svrId>{each.serial}</svrId><acntNo>{account_no}</acntNo><acntName></acntName><type>{each.kind}</type>"
        f"<actDate>{each.shown_day}</actDate><intrDate>{each.shown_day}</intrDate><chequeNum></chequeNum>"
        f"<amount>{yuan(each.amount_fen)}</amount><opAcntNo>{escape(each.account)}</opAcntNo>"
        f"<opAcntName>{escape(each.name)}</opAcntName><opBankName></opBankName><opBankAddr></opBankAddr>"
        f"<opAreaCode></opAreaCode><explain>{escape(each.explain)}</explain><balance>{yuan(each.balance_fen)}</balance>"
        f"<recseq>1</recseq><timestamp>{each.shown_time}</timestamp></dtlInfo>\n"
        for each in bookings
    ]
    listed = f"<dtlList>{''.join(rows)}</dtlList>"
    return f"<trnId>{trn_id}</trnId>{listed}<totalNum>{total}</totalNum><allNum>{len(rows)}</allNum>"


def read_payments(trn_code: str, content: str) -> list[Payment]:
    """The rows of a batch. Raises ``ValueError`` where one has not the fields it must have."""
    payments = []
    for row in content.split("^"):
        if trn_code == "batchCostReimb":
            number, account, name, amount, explain = row.split("|")
        else:
            _route, number, _, _, account, name, _bank, amount, explain = row.split("|")
        payments.append(Payment(number, account, name, fen(amount), explain))
    return payments


def results(trn_code: str, told: Sequence[tuple[Payment, str, str]]) -> str:
    """The rows that answer a batch: each payment with its code and text."""
    rows: list[tuple[str, ...]]
    if trn_code == "batchCostReimb":
        rows = [(p.number, p.account, p.name, yuan(p.amount_fen), code, text) for p, code, text in told]
    else:
        rows = [
            (p.number, "5", "", "", p.account, p.name, "", yuan(p.amount_fen), code, text) for p, code, text in told
        ]
    return "^".join("|".join(row) for row in rows)
