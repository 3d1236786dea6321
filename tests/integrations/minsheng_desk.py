"""What the tests of Minsheng's link share: a login, credits that come in, refunds that go out, the control doors."""

import requests

from chalicelib.kernel.clock import at_shanghai
from integrations.ports import RefundLine

BATCH_NO = "202604041200002026030101"
ACCOUNT_NO = "600033029"
SECRET = "2200003220:2200003220001:pa<ss&w:rd"
LOGIN = ("2200003220", "2200003220001", "pa<ss&w:rd")
MORNING = at_shanghai("2026-03-10T09:00:00")
NIGHT = at_shanghai("2026-03-11T01:00:00")


def credit(number: int, amount_fen: int = 200_000, at_ms: int = MORNING) -> dict:
    return {
        "serial": f"31357{number:018d}",
        "booked_at_ms": at_ms + number * 1_000,
        "amount_fen": amount_fen,
        "account": f"6222{number:015d}",
        "name": "\u3400乛亅",
        "memo": f"12345678901{number:02d}",
    }


def lines(own: int, others: int = 0) -> tuple[RefundLine, ...]:
    accounts = [f"622622{number:010d}" for number in range(own)] + [f"6222{number:015d}" for number in range(others)]
    return tuple(
        RefundLine(f"RF202603{number:024x}", account, "\u3400二", 200_000, 33, "退款")
        for number, account in enumerate(accounts)
    )


def post(bank, door, content):
    answer = requests.post(f"{bank.url}{door}", json=content, timeout=5)
    answer.raise_for_status()
    return answer.json()


def read(client, file, how):
    return how(file.content, f"{file.digest}  {file.name}\n".encode())
