"""What stands on a payment notice. Apart from its drawing, so that the API's doors start without a PDF library."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.ports import PaymentGuide

VOID = "作废"


@dataclass(frozen=True)
class NoticePage:
    """What stands on the page. ``name`` and ``id_number`` come masked where the reader is not the winner.

    ``stamp`` is printed across it: 作废 on a void notice, 已缴款 on a paid one.
    """

    title: str
    period: str
    code: str
    class_word: str
    rank: int
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    pay_code: str
    amount_fen: int
    issued_on: str
    due_text: str
    guide: PaymentGuide
    qr_text: str
    stamp: str
    remark: str
