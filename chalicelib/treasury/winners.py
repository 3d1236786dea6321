"""The winners of an auction whose result is whole: nobody is left without a notice because a read came too early."""

from __future__ import annotations

from chalicelib.auctions import records as auctions
from chalicelib.auctions.records import Winner
from chalicelib.kernel.errors import Conflict


def all_winners(period: str) -> list[Winner]:
    """The period's winners. Raises ``Conflict`` (``RESULT_MISSING``) where the result has another number of them."""
    result = auctions.fact(period, "result")
    found = list(auctions.winners(period))
    if result is None or len(found) != sum(each["winners"] for each in result["classes"].values()):
        raise Conflict("RESULT_MISSING", "本期竞价结果尚不完整,不能生成缴款通知")
    return found
