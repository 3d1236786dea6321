"""A window of several phases: which one a bid falls into, and what bounds it there. Pure.

Shanghai (上海市非营业性客车额度拍卖; public notices and guides): from 10:30 one first bid of at most the warning price;
from 11:00 up to two changes, each within CNY 300 of the lowest price that would win (目前最低可成交价) as it stands
when the change is processed, by those only who made a first bid. That a refused change is none of the two is (?).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.bidding.rules import PlacedBid, PriceFault, PriceLimits, Window, WindowPhase, refusal, yuan
from chalicelib.kernel.errors import Conflict, HubError, InvalidInput, Pending

AROUND_LOWEST, WARNING_PRICE = "around_lowest", "warning_price"


@dataclass(frozen=True)
class Lowest:
    """The lowest price that would win in each class, by the bids that stood at ``at_ms``; none where nobody bid."""

    period: str
    at_ms: int
    prices_fen: Mapping[str, int]


def phase_at(window: Window, at_ms: int) -> WindowPhase | None:
    """The phase that an instant within the window falls into; ``None`` where the window has only one anyway."""
    if len(window.phases) < 2 and not (window.phases and window.phases[0].limit != "cap"):
        return None
    return next(phase for phase in window.phases if at_ms < phase.closes_at_ms)


def lowest_for(phase: WindowPhase, bidder_class: str, lowest: Lowest | None, now_ms: int) -> int:
    """The price that a bid of ``now_ms`` is held to. Raises ``Pending`` (``LOWEST_STALE``): nothing was written.

    ``Conflict`` (``FIRST_BID_MISSING``) where nobody of the class has bid: then this bidder has not, either.
    """
    if lowest is None or now_ms > lowest.at_ms + phase.lowest_age_ms_max:
        raise Pending("LOWEST_STALE", "目前最低可成交价正在更新,出价未受理,请用同一请求号立即重试")
    if bidder_class not in lowest.prices_fen:
        raise first_bid_missing()
    return lowest.prices_fen[bidder_class]


def phase_fault(price_fen: int, phase: WindowPhase, limits: PriceLimits, lowest_fen: int | None) -> PriceFault | None:
    """What is wrong with a price in this phase, besides what ``price_fault`` finds in any."""
    if phase.limit == WARNING_PRICE and (limits.warning_fen is None or price_fen > limits.warning_fen):
        return PriceFault.ABOVE_WARNING
    if phase.limit == AROUND_LOWEST and (lowest_fen is None or abs(price_fen - lowest_fen) > phase.band_fen):
        return PriceFault.OUT_OF_BAND
    return None


def check_phase(price_fen: int, phase: WindowPhase, limits: PriceLimits, lowest_fen: int | None) -> None:
    """Raise ``InvalidInput`` with the fault as its code."""
    fault = phase_fault(price_fen, phase, limits, lowest_fen)
    if fault is PriceFault.ABOVE_WARNING:
        raise InvalidInput(fault.value, f"首次出价不得高于警示价 {yuan(limits.warning_fen or 0)} 元")
    if fault is PriceFault.OUT_OF_BAND and lowest_fen is not None:
        low, high = max(lowest_fen - phase.band_fen, limits.reserve_fen), lowest_fen + phase.band_fen
        raise InvalidInput(fault.value, f"出价须在 {yuan(low)} 元至 {yuan(high)} 元之间(目前最低可成交价上下浮动)")


def first_bid_missing() -> HubError:
    """The answer to who did not bid when newcomers could."""
    return Conflict("FIRST_BID_MISSING", "您未在首次出价时段出价,不能参加本时段出价")


def phase_refusal(placed: Sequence[PlacedBid], at_ms: int, window: Window, phase: WindowPhase) -> HubError:
    """Why the table's condition refused a bid that is not a repeat, in a window of several phases."""
    if not placed:
        return first_bid_missing()
    within = sum(phase.opens_at_ms <= bid.bid_at_ms < phase.closes_at_ms for bid in placed)
    if within >= phase.bids_max and len(placed) < window.bids_max:
        return Conflict("NO_BIDS_LEFT_IN_PHASE", f"本时段出价次数已用完,最多 {phase.bids_max} 次")
    return refusal(placed, at_ms, window.bids_max)
