"""What goes wrong in a month over all channels: faults scripted at the counterparties themselves, and which of them the
hub has to put on the operators' list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from local.conduct import Paying
from local.month import CHANNEL, Month
from local.payments import MINSHENG, Payment
from local.world.addresses import Addresses
from local.world.phones import open_account_session
from local.world.web import ask, need, now_ms, until

# Each telling is a call of the hub's door: enough of them to see, few enough for a month in minutes.
TOLD_MAX = 6
SEEN = (Paying.EXACT.value, Paying.OVER.value)
NEVER_SERIAL = "HZ0000000000000NEVER"
LISTED_WITHIN_MS = 40_000
SEEN_WITHIN_MS = 20_000
BOOKED_WITHIN_MS = 12_000
ANOTHER_RATE_PPM = 2_000
TAKEN, FORGED, STALE, NOT_OURS = 200, 401, 401, 404


@dataclass(frozen=True)
class Planted:
    """One fault. ``source`` is how its problem's source begins, ``code`` the problem's own; none: nothing is listed."""

    what: str
    source: str = ""
    code: str = ""


@dataclass
class Mishaps:
    """What was planted, and what was seen of it from outside.

    ``spoilt`` are files that were dropped to be refused, ``overwritten`` those that stood for something else first,
    ``advice`` is the bank's own interest;
    ``differences`` the subjects that the hub listed between two statements.
    """

    planted: list[Planted] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)
    overwritten: set[str] = field(default_factory=set)
    advice: str = ""
    told: int = 0
    pending_seen: str = ""
    differences: list[str] = field(default_factory=list)
    unspent: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def never_booked(self) -> str:
        """The difference that a credit told of and never booked makes until it is given up."""
        return f"announced {CHANNEL}#{NEVER_SERIAL}"


Listed = Callable[[], Iterable[dict[str, Any]]]


def _told_of(month: Month, day: date, channel: str) -> list[Payment]:
    """The payments of a day that a bank tells of: those first whose payer sees his deposit pending then."""
    coming = [paid for paid in month.payments if paid.statement_day == day and paid.channel == channel]
    return sorted(coming, key=lambda paid: paid.kind not in SEEN)[:TOLD_MAX]


def tell_of_credits(at: Addresses, month: Month, day: date, done: Mishaps) -> None:
    """Both banks tell of some credits of a day, each twice over, and falsely in every way that there is."""
    for channel, door in ((CHANNEL, at.bank), (MINSHENG, at.minsheng)):
        coming = [paid.as_credit() for paid in _told_of(month, day, channel)]
        if not coming:
            continue
        _tell(door, coming, [TAKEN, TAKEN], done, copies=2)
        done.told += len(coming)
        for spoil, answer in (("signature", FORGED), ("stale", STALE), ("account", NOT_OURS)):
            _tell(door, coming[:1], [answer], done, spoil=spoil)
        done.planted.append(Planted(f"{channel} told of {len(coming)} credits twice, and of one falsely in three ways"))


def _tell(door: str, coming: list[dict[str, Any]], wanted: list[int], done: Mishaps, **how: Any) -> None:
    answers = need("POST", f"{door}/_tell", body={"credits": coming, **how})
    done.faults += [f"a notice {how} was answered {got}" for got in answers.values() if got != wanted]


def tell_of_nothing(at: Addresses, month: Month, day: date, done: Mishaps) -> None:
    """The bank tells of a credit that no statement will ever have."""
    like = month.credits_of(day)[0]
    never = {**like, "serial": NEVER_SERIAL, "memo": "竞价保证金"}
    _tell(at.bank, [never], [TAKEN], done)
    done.planted.append(Planted("a credit told of and never booked", f"{CHANNEL}/notices", "NOTICE_NEVER_BOOKED"))


def see_pending(at: Addresses, month: Month, day: date, done: Mishaps) -> None:
    """A bidder whose payment the bank told of looks at it before any statement has it."""
    told = [paid for channel in (CHANNEL, MINSHENG) for paid in _told_of(month, day, channel)]
    codes = [paid.code for paid in told if paid.kind in SEEN]
    if not codes:
        done.faults.append("nobody's payment could be told of")
        return
    deadline_ms = now_ms() + SEEN_WITHIN_MS
    session = open_account_session(at, month.period, month.person(codes[0]), deadline_ms)
    token = str(session.body["token"]) if session.ok else ""
    for _ in until(deadline_ms):
        done.pending_seen = str(ask("GET", f"{at.api}/deposits", token=token).body.get("state", ""))
        if done.pending_seen == "pending":
            return
    done.faults.append(f"a payment that the bank told of was seen as {done.pending_seen or 'nothing'}")


def state_badly(at: Addresses, day: date, listed: Listed, done: Mishaps) -> None:
    """The bank drops half a statement, then one whose total is wrong; each must be refused before the right one."""
    for spoil, code in (("half", "DIGEST_DIFFERS"), ("total", "TOTAL_DIFFERS")):
        key = str(need("POST", f"{at.bank}/_statement", body={"day": day.isoformat(), "spoil": spoil})["key"])
        done.spoilt.add(key)
        done.planted.append(Planted(f"a statement with wrong {spoil}", key, code))
        for _ in until(now_ms() + LISTED_WITHIN_MS, pause_s=1.0):
            if any(each["source"] == key for each in listed()):
                break
        else:
            done.faults.append(f"{key} was not listed")


def spoil_statements(at: Addresses, done: Mishaps) -> None:
    """Minsheng's next answer about its detail is cut in half; Alipay says nothing about its bill."""
    need("POST", f"{at.minsheng}/_faults", body={"half:qryDtl": 1})
    done.planted.append(Planted("half of Minsheng's detail"))
    if at.alipay:
        need("POST", f"{at.alipay}/_faults", body={"alipay.data.dataservice.bill.downloadurl.query": ["mute"]})
        done.planted.append(Planted("Alipay mute about its bill"))


def spoil_last_statement(at: Addresses, done: Mishaps) -> None:
    """Minsheng's last detail of the month says a total that is not its rows'."""
    need("POST", f"{at.minsheng}/_faults", body={"wrong_total:qryDtl": 1})
    done.planted.append(Planted("Minsheng's detail with a wrong total"))


def see_differences(at: Addresses, token: str, month: Month, deadline_ms: int, done: Mishaps) -> None:
    """Between two statements the list of differences names what was told of and not booked, and nothing else.

    A story that is behind its plan gives the hub the time to book the first all the same.
    """
    for _ in until(max(deadline_ms, now_ms() + BOOKED_WITHIN_MS), pause_s=1.0):
        seen = need("GET", f"{at.api}/periods/{month.period}/differences", token=token)
        done.differences = [str(each["subject"]) for each in seen["differences"]]
        if done.differences == [done.never_booked]:
            return


def spoil_refunds(at: Addresses, done: Mishaps) -> None:
    """Each counterparty takes the next order and does not answer; the bank keeps its first return file back."""
    need("POST", f"{at.bank}/_faults", body={"mute": 1, "hold_returns": 1})
    # One who is paid back in batch 1 has a card of its own: it turns that part of the file away.
    need("POST", f"{at.minsheng}/_faults", body={"mute": 1, "turn_away:batchCostReimb": 1})
    if at.stripe:
        need("POST", f"{at.stripe}/_faults", body={"lost_refund": 1})
    else:
        orders = ("alipay.trade.refund", "alipay.fund.trans.uni.transfer")
        need("POST", f"{at.alipay}/_faults", body={method: ["mute"] for method in orders})
    done.planted.append(Planted("orders taken without an answer by both banks and the wallet, a return file kept back"))
    done.planted.append(Planted("Minsheng's file refused in part", "refunds/", "BATCH_REFUSED_IN_PART"))


def advise_interest(at: Addresses, month: Month, done: Mishaps) -> None:
    """Bank of Hangzhou tells its own interest on what leaves with batch 1, at a rate that is not the rules'."""
    day = month.plan.day("refunds_1_by").isoformat()
    told = {"period": month.period, "leaves_on": day, "rate_ppm": ANOTHER_RATE_PPM, "odd": {}}
    done.advice = str(need("POST", f"{at.bank}/_interest", body=told)["key"])
    done.planted.append(Planted("the bank's own interest, at another rate", done.advice, "INTEREST_DIFFERS"))


def bring_returns(at: Addresses, done: Mishaps) -> None:
    """The return file that was kept back comes late, and all that are there come again."""
    for _ in until(now_ms() + LISTED_WITHIN_MS):
        if not need("GET", f"{at.bank}/_state")["faults"]["hold_returns"]:
            break
    for name in need("GET", f"{at.bank}/_state")["batches"]:
        need("POST", f"{at.bank}/_return", body={"name": name})
    done.planted.append(Planted("a return file that came late, and return files that came twice"))


def return_of_nothing(at: Addresses, month: Month, done: Mishaps) -> None:
    """A return file for a batch that the hub never made."""
    number = f"20260404120000{month.period.replace('-', '')}0199"
    key = f"{CHANNEL}/return/{month.period}/{number}/HZB_RTN_{number}.txt"
    at.drop(key, f"{number}|0|0\n".encode())
    done.spoilt.add(key)
    done.planted.append(Planted("a return file of no batch", key, "RETURN_UNKNOWN"))


def overwrite_return(at: Addresses, month: Month, done: Mishaps) -> None:
    """Over the return file of batch 1, taken in long ago, the bank puts one that takes a payment back."""
    # 14 digits of date and time, the period, the batch, and the number of its file among those of all counterparties.
    batch_1 = f"{month.period.replace('-', '')}01"
    names = [name for name in need("GET", f"{at.bank}/_state")["batches"] if name[-14:-6] == batch_1]
    for name in names:
        key = str(need("POST", f"{at.bank}/_return", body={"name": name, "turned": True})["key"])
        done.overwritten.add(key)
        done.planted.append(Planted("a return file overwritten by one that says otherwise", key, "RETURN_LINES"))
    if not names:
        done.faults.append("batch 1 has no return file to overwrite")


def count_unspent(at: Addresses, done: Mishaps) -> None:
    """What was scripted and never happened; and what the hub answered to a gateway's events, each told twice."""
    doors = {"hangzhou": at.bank, "minsheng": at.minsheng, "alipay": at.alipay, "stripe": at.stripe}
    for name, door in doors.items():
        if door:
            seen = need("GET", f"{door}/_state")
            done.unspent += [f"{name} {fault}" for fault, count in seen["faults"].items() if count]
            words = seen.get("answers", {}) if name == "stripe" else {}
            done.faults += [f"{count} events were answered {word}" for word, count in words.items() if word.isdigit()]
