"""Rule: a generated month that goes through the real rooms keeps the six money rules, as the demo checks them."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

from chalicelib.applicants.records import ApplicantRecord, applicant_pk, name_lookup
from chalicelib.applicants.rules import Terms
from chalicelib.auctions import records as auctions
from chalicelib.auctions.records import Standing
from chalicelib.auctions.rules import Bid, rank, result, trimmed_mean_fen
from chalicelib.deposits import corrections, qualifying, statements
from chalicelib.deposits.corrections import Claim
from chalicelib.deposits.forfeiting import add_forfeit
from chalicelib.deposits.intake import account_of, intake_of
from chalicelib.deposits.records import find_deposit
from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.money import whole_yuan_half_up, yuan_text
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import records as ledger
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet
from chalicelib.refunds.accounts import Account as NewAccount
from chalicelib.refunds.accounts import give_account
from chalicelib.refunds.preparing import Means, prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.selecting import Payee
from chalicelib.refunds.sending import release, send
from chalicelib.treasury.records import NoticeRecord, notice_key
from integrations.bank_of_hangzhou.simulator.account import Account
from integrations.regulator.client import RegulatorFiles
from local.checks.bank_files import read_exchange
from local.checks.everything import Evidence, further_checks, money_checks
from local.conduct import choose_defaulters
from local.month import CHANNEL, Month, make_month, make_roster
from local.world.bidders import BidsSeen
from local.world.depositors import Corrections
from local.world.winners import OwedPrice, Payers
from tests.applicants.applicants_office import take_in_file
from tests.deposits.deposit_month import BankInProcess

BIDDERS = 20
TREASURY = Payee("3301990000000000009", "杭州市财政局")


class Rooms:
    """The rooms that handle money, called one after another as the state machines do."""

    def __init__(self, month: Month, plan: Plan, rules: RuleSet) -> None:
        self.month, self.plan, self.rules = month, plan, rules
        self.files = MemoryFiles()
        self.clock = SetClock(plan.at("deposits_open"))
        self.vault = Vault(bytes(32), b"\1" * 32, SystemEntropy())
        self.account = Account("3301040160000000001", self._drop, 0, self.clock.now_ms)
        self.bank = BankInProcess(self.account)
        self.winners: list[str] = []
        self.standing: dict[str, int] = {}
        self.defaulters: set[str] = set()
        self.corrected: set[str] = set()

    def _drop(self, key: str, content: bytes) -> None:
        self.files.write("inbox", key, content)

    def run(self) -> None:
        period = self.month.period
        for file in self.month.files:
            self._drop(file.key, file.content)
        self._applicants()
        for due in self.plan.intake:
            self._statement(due.day.isoformat(), self.month.credits_of(due.day))
        self._correct()
        corrections.close_corrections(period, self.plan.day("corrections_close"), self._tick())
        qualifying.qualify(self.files, RegulatorFiles(), period, self.month.files[2].key)
        self._activate()
        self._close_auction()
        self.account.failing.update(self.month.failing_accounts)
        self._batch("1", "2", "remittance")
        for code, account_no in self.month.new_accounts.items():
            account = NewAccount(account_no, self.month.person(code).name)
            assert give_account(period, code, account, vault=self.vault, now_ms=self._tick()) == 1
        self._batch("again-1")
        for due in self.plan.closing:
            self._statement(due.day.isoformat(), [])

    def _tick(self) -> int:
        self.clock.advance(100)
        return self.clock.now_ms()

    def _applicants(self) -> None:
        for file in self.month.files[:2]:
            terms = Terms(file.label, self.rules.is_code, self.plan.day("auction_opens"))
            take_in_file(
                io.BytesIO(file.content),
                RegulatorFiles(),
                files=self.files,
                vault=self.vault,
                period=self.month.period,
                key=file.key,
                held_to=terms,
            )

    def _statement(self, day: str, coming: list[dict[str, Any]]) -> None:
        for credit in coming:
            self.account.credit(credit)
        key, period = self.account.close_day(day), self.month.period
        read = statements.read_statement(
            self.files, self.bank, self.vault, period=period, day=day, key=key, code_pattern=self.rules.code_pattern
        )
        account = account_of(intake_of(self.plan, self.rules, CHANNEL, self.vault, self.clock))
        for chunk in read["chunks"]:
            self._tick()
            statements.book_chunk(self.files, account, period, chunk["key"])
        statements.close_statement(period, CHANNEL, day)

    def _correct(self) -> None:
        for person, _ in self.month.bidders(corrects=True):
            paid = self.month.payment_of(person.code)
            claim = Claim(person.code, paid.value_date, paid.amount_fen, paid.account[-4:])
            deposit_fen = self.rules.deposit_fen
            corrections.correct(
                self.month.period, claim, deposit_fen=deposit_fen, vault=self.vault, now_ms=self._tick()
            )
            self.corrected.add(person.code)

    def _activate(self) -> None:
        for person, conduct in self.month.bidders(qualified=True, activates=True):
            record = ApplicantRecord.get(applicant_pk(self.month.period, person.code), person.code)
            assert record.qualified
            assert record.name_lookup == name_lookup(self.vault, person.name)
            record.update([ApplicantRecord.activated_at_ms.set(1), ApplicantRecord.rollover.set(conduct.rollover)])

    def _close_auction(self) -> None:
        period = self.month.period
        self.standing = standing = {
            person.code: [bid.price_yuan for bid in conduct.bids if not (bid.expected or bid.repeated)][-1]
            for person, conduct in self.month.bidders(qualified=True, activates=True)
            if conduct.bids
        }
        ranked = sorted(standing, key=lambda code: (-standing[code], code))
        self.winners = ranked[: sum(self.plan.quotas.values())]
        self.defaulters = choose_defaulters(self.month.seed, self.winners, self.month.conduct)
        auctions.keep_same(period, "result", {"classes": {"individual": {"winners": len(self.winners)}}})
        auctions.save_standings(
            period,
            [
                Standing(code, "individual", standing[code] * 100, 0, rank, won=code in self.winners)
                for rank, code in enumerate(ranked, 1)
            ],
        )
        for number, code in enumerate(self.winners):
            self._notice(number, code, standing[code] * 100)

    def _notice(self, number: int, code: str, amount_fen: int) -> None:
        period, defaulted = self.month.period, code in self.defaulters
        NoticeRecord(
            *notice_key(period, code),
            period=period,
            code=code,
            bidder_class="individual",
            rank=number + 1,
            pay_code=f"{number:020d}",
            amount_fen=amount_fen,
            issued_on="2026-03-25",
            due_on="2026-03-30",
            due_at_ms=0,
            message_id="-",
            state="defaulted" if defaulted else "paid",
        ).save()
        if defaulted:
            deposit = find_deposit(period, code)
            assert deposit is not None
            transaction = Transaction()
            add_forfeit(transaction, deposit, self.plan.day("settlement_closes"), self._tick())
            transaction.commit()

    def _batch(self, *names: str) -> None:
        for name in names:
            prepared = prepare(name, self._means(), TREASURY if name == "remittance" else None)
            release(self.month.period, name, "approver")
            for file in prepared["files"]:
                send(file["batch_no"], self._means())
                key = f"hangzhou/return/{self.month.period}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
                apply_return(file["batch_no"], key, self._means())

    def _means(self) -> Means:
        return Means(self.plan, self.rules.interest, self.vault, self.files, lambda _: self.bank, self._tick())


@pytest.fixture
def rooms(aws: None, plan: Plan, rules: RuleSet) -> Rooms:
    rooms = Rooms(make_month(make_roster(7, BIDDERS), plan, rules), plan, rules)
    rooms.run()
    return rooms


def _broadcast(bids: list[Bid]) -> dict[str, int | None]:
    """What the hub broadcasts once all of these bids stand."""
    return {
        "bidders": len(bids),
        "average": whole_yuan_half_up(trimmed_mean_fen((bid.price_fen for bid in bids), 10) or 0),
    }


def _evidence(rooms: Rooms) -> Evidence:
    """What the demo would have gathered; receipts and notices as the bidders of this month would have them."""
    month, signer = rooms.month, Signer(bytes(32))
    receipts: dict[str, list[dict[str, Any]]] = {}
    bids = []
    for number, (code, price) in enumerate(rooms.standing.items()):
        bid_at = f"2026-03-25T10:00:{number:02d}.000"
        receipt = {"bidder_class": "individual", "price": price, "bid_at": bid_at, "bid_number": 1}
        answer = {"receipt": receipt, "signature": signer.sign(receipt), "public_key": signer.public_key}
        receipts[code] = [answer]
        bids.append(Bid(code, price * 100, at_shanghai(bid_at)))
    announced = result(rank(bids, b""), len(rooms.winners), 10).as_dict()
    owed = {code: OwedPrice(f"{place:020d}", rooms.standing[code] * 100) for place, code in enumerate(rooms.winners)}
    return Evidence(
        month=month,
        entries=tuple(ledger.entries(month.period)),
        files={key: content for (bucket, key), content in rooms.files.held.items() if bucket in ("inbox", "outbox")},
        window={"seed_commitment": hashlib.sha256(b"seed").hexdigest()},
        result={"seed": b"seed".hex(), "classes": {"individual": announced}},
        broadcasts=[
            {"number": 1, "at": "2026-03-25T11:00:00.000", "classes": {"individual": _broadcast(bids)}},
        ],
        texts=[],
        treasury={
            "notices": [
                {
                    "pay_code": price.pay_code,
                    "amount": yuan_text(price.amount_fen),
                    "stats": "0" if code in rooms.defaulters else "1",
                }
                for code, price in owed.items()
            ]
        },
        corrections=Corrections(corrected=rooms.corrected),
        bids=BidsSeen(receipts=receipts),
        payers=Payers(
            owed=owed,
            paid_fen={code: price.amount_fen for code, price in owed.items() if code not in rooms.defaulters},
            defaulters=rooms.defaulters,
        ),
        repeats={"bids": 1},
    )


def test_given_a_generated_month_when_it_went_through_the_rooms_then_every_check_holds(rooms: Rooms) -> None:
    seen = _evidence(rooms)
    checks = [*money_checks(seen), *further_checks(seen)]
    assert [f"{check.name}: {check.detail}" for check in checks if not check.holds] == []
    assert len(checks) == 6 + 10
    exchanged = read_exchange(seen.files)
    assert len(exchanged.batches) == 4
    assert [row.code for row in exchanged.return_rows].count("0000") == len(exchanged.return_rows) - 2
