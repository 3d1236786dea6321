"""Finance draws to the bank what residents paid by wallet: a credit of no bidder's, which never goes back."""

from __future__ import annotations

from datetime import date

from local.month import Month
from local.payments import PAYOUT_ACCOUNT_NO, PAYOUT_NAME
from local.world.addresses import Addresses
from local.world.web import need

DRAWN_FEN = 1_000_000


def draw_from_wallet(at: Addresses, month: Month, day: date, seller_id: str) -> int:
    """The bank takes in what was drawn, with the last payment of a day; again changes nothing. How much (fen).

    ``seller_id``: our number at the wallet, which the memo bears.
    """
    drawn = {
        **month.credits_of(day)[-1],
        "serial": f"HZ{day:%y%m%d}99999999",
        "amount_fen": DRAWN_FEN,
        "account": PAYOUT_ACCOUNT_NO,
        "name": PAYOUT_NAME,
        "memo": f"提现 {seller_id}",
    }
    need("POST", f"{at.bank}/_credits", body=[drawn])
    return DRAWN_FEN
