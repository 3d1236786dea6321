"""What makes a bid acceptable: price, window, number of bids. Pure; prices in fen, times in UTC epoch ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chalicelib.kernel.errors import Conflict, HubError, InvalidInput, Pending, TooEarlyOrLate
from chalicelib.kernel.money import yuan_text

# How far a clock of ours may be wrong, either way. What the gateway's clock may be ahead of this function's.
CLOCK_SKEW_MS_MAX = 2_000
# A request that came in before the close may still begin its write until this function's clock is so long after it:
# its clock may be fast, and it may itself have had to start. Later it is refused, so that the close need not wait for a
# request that hangs.
WRITE_GRACE_MS = CLOCK_SKEW_MS_MAX + 1_000
# The function's own time-out (``lambda_timeout`` of ``bid`` in ``.chalice/config.json``): no write outlives it.
FUNCTION_TIMEOUT_MS = 5_000
# The close counts no earlier than this after the window's end: by then no accepted bid is still under way, not even in
# a function whose clock is slow.
DRAIN_MS = WRITE_GRACE_MS + CLOCK_SKEW_MS_MAX + FUNCTION_TIMEOUT_MS
# How old a request may be: no gateway keeps one longer.
INGRESS_AGE_MS_MAX = 30_000


class PriceFault(StrEnum):
    """What can be wrong with a price."""

    BELOW_RESERVE = "BELOW_RESERVE"
    OFF_TICK = "OFF_TICK"
    ABOVE_CAP = "ABOVE_CAP"
    ABOVE_WARNING = "ABOVE_WARNING"
    OUT_OF_BAND = "OUT_OF_BAND"


@dataclass(frozen=True)
class PriceLimits:
    """Reserve, tick and cap of one class; no cap where no average of an earlier auction is known.

    ``warning_fen`` is the notice's warning price (警示价), which bounds some cities' first phase.
    """

    reserve_fen: int
    tick_fen: int
    cap_fen: int | None
    warning_fen: int | None = None


@dataclass(frozen=True)
class WindowPhase:
    """A part of the window; the end is exclusive. What the rule set's ``[[phases]]`` say, with the plan's instants."""

    name: str
    opens_at_ms: int
    closes_at_ms: int
    bids_max: int  # of one bidder in this phase
    newcomers: bool  # whether one may bid who did not bid in an earlier phase
    limit: str  # ``cap``, ``warning_price`` or ``around_lowest``
    band_fen: int = 0  # either side of the lowest winning price, for ``around_lowest``
    lowest_age_ms_max: int = 0  # how old that price may be


@dataclass(frozen=True)
class Pause:
    """Bids from ``from_ms`` on are refused until ``until_ms``, exclusive; nobody knows yet when that is: ``None``."""

    from_ms: int
    until_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether an instant is in it."""
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


@dataclass(frozen=True)
class Window:
    """When bids are taken (the end is exclusive), how many of one bidder, and at what prices in each class.

    ``phases`` follow each other without a gap; none is the same as one that the cap bounds. All instants are those that
    hold: whoever paused the auction has moved them, and has counted ``version`` up.
    """

    period: str
    opens_at_ms: int
    closes_at_ms: int
    bids_max: int
    limits: Mapping[str, PriceLimits]
    phases: tuple[WindowPhase, ...] = ()
    pauses: tuple[Pause, ...] = ()
    version: int = 1


class PlacedBid(NamedTuple):
    """One accepted bid as the bidder's item keeps it; with the lowest winning price that it was held to, if any."""

    request_id: str
    price_fen: int
    bid_at_ms: int
    lowest_fen: int | None = None
    lowest_at_ms: int | None = None


def price_fault(price_fen: int, limits: PriceLimits) -> PriceFault | None:
    """What is wrong with a price: >= reserve, a whole multiple of the tick, <= cap."""
    if price_fen < limits.reserve_fen:
        return PriceFault.BELOW_RESERVE
    if price_fen % limits.tick_fen:
        return PriceFault.OFF_TICK
    if limits.cap_fen is not None and price_fen > limits.cap_fen:
        return PriceFault.ABOVE_CAP
    return None


def check_price(price_fen: int, limits: PriceLimits) -> None:
    """Raise ``InvalidInput`` with the fault as its code."""
    fault = price_fault(price_fen, limits)
    if fault is None:
        return
    cap = "" if limits.cap_fen is None else yuan(limits.cap_fen)
    messages = {
        PriceFault.BELOW_RESERVE: f"出价不得低于保留价 {yuan(limits.reserve_fen)} 元",
        PriceFault.OFF_TICK: f"出价须为 {yuan(limits.tick_fen)} 元的整数倍",
        PriceFault.ABOVE_CAP: f"出价不得高于最高限价 {cap} 元",
    }
    raise InvalidInput(fault.value, messages[fault])


def check_open(window: Window, at_ms: int, now_ms: int) -> None:
    """Raise ``TooEarlyOrLate`` where a bid of ``at_ms``, to be written at ``now_ms``, is outside the window."""
    if at_ms < window.opens_at_ms:
        raise TooEarlyOrLate("NOT_OPEN", "竞价尚未开始")
    if window.pauses and any(pause.holds(at_ms) for pause in window.pauses):
        raise TooEarlyOrLate("PAUSED", "竞价已暂停,请留意公告的恢复时间")
    if at_ms >= window.closes_at_ms or now_ms >= window.closes_at_ms + WRITE_GRACE_MS:
        raise TooEarlyOrLate("CLOSED", "竞价已结束")


def ingress_ms(stamped_ms: object, now_ms: int) -> int:
    """The time of a bid: the gateway's stamp, so that waiting for a free function costs nobody his place.

    A stamp that is missing or older than a gateway holds a request is not believed: now counts, which is later. One
    further ahead than clocks may differ raises ``Pending`` (``CLOCK_DOUBTED``): now would be earlier, and a slow clock
    must neither give a bidder a better place nor take a bid after the close.
    """
    if type(stamped_ms) is not int or stamped_ms < now_ms - INGRESS_AGE_MS_MAX:
        return now_ms
    if stamped_ms > now_ms + CLOCK_SKEW_MS_MAX:
        raise Pending("CLOCK_DOUBTED", "服务器时间异常,出价未受理,请用同一请求号立即重试")
    return stamped_ms


def find_repeat(placed: Sequence[PlacedBid], request_id: str, price_fen: int) -> int | None:
    """The place (from 0) of the bid that this request already made; ``None`` where it made none.

    Raises ``Conflict`` (``REQUEST_REUSED``) where it made one of another price.
    """
    for place, bid in enumerate(placed):
        if bid.request_id == request_id:
            if bid.price_fen != price_fen:
                raise Conflict("REQUEST_REUSED", "同一请求号已用于另一出价,请换用新的请求号")
            return place
    return None


def refusal(placed: Sequence[PlacedBid], at_ms: int, bids_max: int) -> HubError:
    """Why the table's condition refused a bid that is not a repeat, from what stood there."""
    if len(placed) >= bids_max:
        return Conflict("NO_BIDS_LEFT", f"出价次数已用完,最多可出价 {bids_max} 次")
    assert placed[-1].bid_at_ms >= at_ms, "the condition refuses for no other reason"  # noqa: S101
    return Conflict("BID_OVERTAKEN", "您有一次更晚的出价已被接受,本次出价未生效")


def yuan(fen: int) -> str:
    """Whole yuan, as a sentence for a bidder says them."""
    return yuan_text(fen).removesuffix(".00")
