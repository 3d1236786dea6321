"""What must hold when a month is over, whatever went wrong: recounted from what lies outside, not from counters."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.bidding.records import unpack
from chalicelib.kernel.signing import holds
from chalicelib.ledger.checking import check as check_book
from chalicelib.ledger.checking import read_book
from chalicelib.ledger.rules import balances
from local.checks import auction, money
from local.checks.asked_files import read_asked
from local.checks.bank_files import read_exchange
from local.checks.check import Check, check
from local.checks.planted import nothing_left_over, one_text_each, payments_found, recognise, treasury_agrees
from local.month import CHANNEL
from local.simulation.seen import Seen
from local.simulation.world import World
from local.world.phones import sms_templates

MOMENTS = 6
_SPOILT = ("_half.txt", "_total.txt")


def judge(world: World, seen: Seen) -> list[Check]:
    """Every check of a month that came to its end."""
    from chalicelib.ledger.records import entries

    month = replace(world.month, payments=(*world.month.payments, *seen.wallet))
    posted = tuple(entries(month.period))
    public = {
        name: json.loads(world.bucket("public")[f"auction/{month.period}/{name}.json"]) for name in ("window", "result")
    }
    owed = {price.pay_code: price.amount_fen for price in seen.owed.values()}
    paid = {seen.owed[code].pay_code: fen for code, fen in seen.paid_fen.items()}
    return [
        *_money(world, posted, seen),
        payments_found(month, posted),
        _bids_and_receipts(world, seen, public["result"]),
        auction.seed_was_committed(public["window"], public["result"]),
        one_text_each([recognise(*text, _TEMPLATES) for text in _texts(world)]),
        treasury_agrees(world.parties.treasury.books.state(), {**_told(world), **owed}, paid),
        _one_final_state(world),
        nothing_left_over(
            replace(month, channel_of=dict.fromkeys(month.channel_of, "")), _left(world, posted), _rolled(world)
        ),
        _payers(world, seen),
        _winners_wait(world),
        _sealed_again(world, len(posted)),
    ]


_TEMPLATES = sms_templates()


def _money(world: World, posted: tuple[Any, ...], seen: Seen) -> list[Check]:
    files = {
        key: content
        for key, content in {**world.bucket("inbox"), **world.bucket("outbox")}.items()
        if not key.removesuffix(".sm3").endswith(_SPOILT)
    }
    by_channel = {}
    channels = (CHANNEL, "minsheng", "alipay")
    for channel in channels:
        exchanged = read_exchange(files) if channel == CHANNEL else read_asked(files, channel)
        books = money.Books(world.month.period, channel, posted, exchanged, channels)
        by_channel[channel] = money.money_rules(books, {}, seen.faults)
    return money.over_channels(by_channel)


def _texts(world: World) -> Iterator[tuple[str, str]]:
    for person in world.month.people:
        for words in world.parties.carrier.book.texts(person.phone):
            yield person.phone, words


def _told(world: World) -> dict[str, int]:
    """Notices of winners who never looked at their phone, by the treasury's own books."""
    return {
        notice.pay_code: round(float(notice.amount) * 100)
        for notice in world.parties.treasury.books.notices.values()
        if notice.stats != "2"
    }


def _bids_and_receipts(world: World, seen: Seen, result: Mapping[str, Any]) -> Check:
    """Every receipt is signed and its bid stands; the result follows from what stands; nobody who lost outranks a
    winner; no more won than there are quotas."""
    from chalicelib.auctions.records import standings

    faults: list[str] = []
    placed: dict[str, tuple[Any, ...]] = {}
    by_class: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for pk, partition in world.store.held[os.environ["BIDS_TABLE"]].partitions.items():
        parts = pk.split("#")
        # An item without a bid holds when its bidder activated again, and no more.
        if len(parts) == 3 and (bids := unpack(partition[""])):
            placed[parts[2]] = bids
            by_class[parts[1]].append((-bids[-1].price_fen, bids[-1].bid_at_ms, parts[2]))
    faults += _out_of_bounds(world, placed)
    for code, answers in seen.receipts.items():
        for answer in answers:
            receipt = answer["receipt"]
            number = receipt["bid_number"]
            stands = placed.get(code, ())
            if not holds(receipt, str(answer["signature"]), str(answer["public_key"])):
                faults.append(f"{code}: a receipt's signature does not fit")
            if number > len(stands) or (stands[number - 1].request_id, stands[number - 1].price_fen) != (
                receipt["request_id"],
                receipt["price"] * 100,
            ):
                faults.append(f"{code}: receipt {number} is of no bid that stands")
    unknown = Counter(code for code, _, _ in seen.unknown)
    for code, bids in placed.items():
        receipted = {answer["receipt"]["bid_number"] for answer in seen.receipts.get(code, ())}
        if len(bids) - len(receipted) > unknown[code]:
            faults.append(f"{code}: {len(bids)} bids stand, {len(receipted)} were receipted")
    won: defaultdict[str, set[str]] = defaultdict(set)
    for standing in standings(world.month.period):
        if standing.won:
            won[standing.bidder_class].add(standing.code)
    for name, announced in result["classes"].items():
        faults += _class_faults(name, announced, sorted(by_class[name]), won[name], world.month.plan.quotas[name])
    return check("the result follows from the bids", faults, f"{len(placed)} bidders")


def _out_of_bounds(world: World, placed: Mapping[str, tuple[Any, ...]]) -> list[str]:
    """Bids that stand and may not: outside the window, below the reserve, off the tick, above the cap, too many."""
    month, faults = world.month, []
    opens_ms, closes_ms = (month.plan.at(name) for name in ("auction_opens", "auction_closes"))
    for code, bids in placed.items():
        limits = month.prices[month.person(code).bidder_class]
        for bid in bids:
            yuan, rest = divmod(bid.price_fen, 100)
            if rest or yuan % limits.tick or not limits.reserve <= yuan <= limits.cap:
                faults.append(f"{code}: a bid of {bid.price_fen} fen stands")
            if not opens_ms <= bid.bid_at_ms < closes_ms:
                faults.append(f"{code}: a bid of {_local(bid.bid_at_ms)} stands")
        if len(bids) > month.bids_max:
            faults.append(f"{code}: {len(bids)} bids stand")
    return faults


def _class_faults(
    name: str, announced: Mapping[str, Any], ranked: list[tuple[int, int, str]], won: set[str], quota: int
) -> list[str]:
    faults = []
    if announced["quota"] not in (quota, quota + quota // 2):
        faults.append(f"{name}: quota {announced['quota']}, the plan has {quota}")
    if len(won) != min(announced["quota"], len(ranked)) or announced["winners"] != len(won):
        faults.append(f"{name}: {len(won)} won of {len(ranked)}, the quota is {announced['quota']}")
    worst = max(((price, at) for price, at, code in ranked if code in won), default=None)
    best = min(((price, at) for price, at, code in ranked if code not in won), default=None)
    if worst and best and best < worst:
        faults.append(f"{name}: somebody who lost outranks a winner")
    if won - {code for _, _, code in ranked}:
        faults.append(f"{name}: somebody won without a bid")
    counted = auction.recounted(
        [{"price": -price // 100, "bid_at": _local(at)} for price, at, _ in ranked], announced["quota"]
    )
    faults += [
        f"{name} {key}: published {announced[key]}, recounted {counted[key]}"
        for key in auction.RECOUNTED
        if announced[key] != counted[key]
    ]
    return faults


def _local(at_ms: int) -> str:
    from chalicelib.kernel.clock import local_text

    return local_text(at_ms)


def _items(world: World, table: str, prefix: str) -> Iterator[Any]:
    for partition in world.store.held[os.environ[table]].partitions.values():
        for sort, item in partition.items():
            if sort.startswith(prefix):
                yield item


def _one_final_state(world: World) -> Check:
    """Each deposit has ended in one way, each payment back is paid, or failed and not yet replaced."""
    faults = []
    deposits: Counter[str] = Counter()
    unanswered = {item["code"]["S"] for item in _came_back(world)}
    for item in _items(world, "DEPOSITS_TABLE", "deposit#"):
        if item["period"]["S"] != world.month.period:
            continue
        state = str(item["state"]["S"])
        deposits[state] += 1
        if state == "refunding" and item["code"]["S"] in unanswered:
            continue
        if state not in ("rolled", "forfeited", "refunded"):
            faults.append(f"deposit {item['sk']['S']} is {state} at the month's end")
    for item in _items(world, "REFUNDS_TABLE", "refund#"):
        if item["state"]["S"] not in ("paid", "failed", "replaced"):
            faults.append(f"{item['sk']['S']} is {item['state']['S']} at the month's end")
    return check("each deposit has one final state", faults, str(dict(deposits)))


def _came_back(world: World) -> list[Any]:
    """Payments that the bank could not make and whose owner gave no other account: they wait for one."""
    return [item for item in _items(world, "REFUNDS_TABLE", "refund#") if item["state"]["S"] == "failed"]


def _left(world: World, posted: tuple[Any, ...]) -> dict[str, int]:
    """The ledger's balances, less what waits for another account."""
    standing = dict(balances(posted))
    waiting_fen = sum(int(item["principal_fen"]["N"]) for item in _came_back(world))
    place = f"returnable:{world.month.period}"
    standing[place] = standing.get(place, 0) + waiting_fen
    return standing


def _rolled(world: World) -> int:
    rolled = [item for item in _items(world, "DEPOSITS_TABLE", "deposit#") if item["state"]["S"] == "rolled"]
    return sum(int(item["amount_fen"]["N"]) for item in rolled)


def _payers(world: World, seen: Seen) -> Check:
    """Who paid in time kept his deposit, and whoever never paid lost it, the deposit and no more."""
    forfeited = {
        item["code"]["S"] for item in _items(world, "DEPOSITS_TABLE", "deposit#") if item["state"]["S"] == "forfeited"
    }
    closes_ms = world.month.plan.at("settlement_closes")
    faults = [f"{code} paid and lost the deposit" for code in forfeited & seen.paid_fen.keys()]
    faults += [f"{code} never paid and kept the deposit" for code in seen.defaulters - forfeited]
    return check("defaulters and only they lost the deposit", faults, f"{len(forfeited)} by {closes_ms}")


def _winners_wait(world: World) -> Check:
    """A winner's deposit stays until his price is settled: none goes with the losers' batch."""
    from chalicelib.auctions.records import winners

    won = {winner.code for winner in winners(world.month.period)}
    faults = [
        f"the deposit of {item['code']['S']}, who won, went with batch 1"
        for item in _items(world, "REFUNDS_TABLE", "refund#")
        if item["batch"]["S"] == "1" and item["source"]["S"] == "deposit" and item["code"]["S"] in won
    ]
    return check("winners wait for their settlement", faults, f"{len(won)} won")


def _sealed_again(world: World, entries: int) -> Check:
    """The sealed packages are all there, and the book in the last one recomputes to the same hashes."""
    packages = {
        key: content
        for key, content in world.bucket("evidence").items()
        if key.endswith(".zip") and "amendment" not in key
    }
    faults = [f"{len(packages)} packages were sealed"] if len(packages) != MOMENTS else []
    month = next((content for key, content in sorted(packages.items()) if "month" in key), None)
    if month is not None:
        with zipfile.ZipFile(io.BytesIO(month)) as archive:
            checked = check_book(read_book(archive.read("ledger.jsonl").decode()))
        faults += [f"{fault.code} {fault.subject}: {fault.why}" for fault in checked.faults]
        if checked.entries != entries or checked.unsealed:
            faults.append(f"{checked.entries} entries sealed, {entries} posted")
    return check("the sealed book recomputes", faults, f"{entries} entries")
