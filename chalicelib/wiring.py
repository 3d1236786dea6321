"""Where everything is put together: the one place that knows both the rooms' needs and who serves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.kernel import aws
from chalicelib.kernel.clock import Clock, SystemClock
from chalicelib.kernel.data_keys import WrappedKeys
from chalicelib.kernel.files import Files, S3Files
from chalicelib.kernel.ids import Entropy, SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.machines import Machines, StepFunctions
from chalicelib.kernel.queues import SqsQueue
from chalicelib.kernel.settings import Settings, settings
from chalicelib.periods.plan import Plan
from integrations.ports import DepositBank, OwnAccount, Regulator, SmsCarrier, TimestampAuthority, TreasuryLink, Wallet

if TYPE_CHECKING:
    from integrations.stripe.bill import Day

# Hands a one-time code over to be texted: (our id of the message, phone, code). It only puts a message into the code
# lane's queue; without a phone ("") that message goes to nobody (messages/codes.py).
SendCode = Callable[[str, str, str], None]


@dataclass(frozen=True)
class Hub:
    """What entry points hand to use cases. The counterparties are made when first asked for."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    files: Files
    machines: Machines
    keys: Keyring
    bank: Callable[[str], DepositBank]
    # The accounts of our own that money may move between.
    own_accounts: Callable[[], tuple[OwnAccount, ...]]
    wallet: Callable[[str], Wallet]
    treasury: Callable[[], TreasuryLink]
    # The carriers of texts by name, in the order in which they are tried.
    carriers: Callable[[], Mapping[str, SmsCarrier]]
    regulator: Callable[[], Regulator]
    send_sms: SendCode
    # Who stamps sealed evidence with its time; ``None`` where the settings name nobody.
    timestamps: Callable[[], TimestampAuthority | None]
    # The rules that a period began with, by city and version and in full, for evidence, which knows no other room.
    rules_version: Callable[[str], str]
    rules_text: Callable[[str], str]
    # When the auction of a plan closes, pauses counted in, for whoever knows no other room (epoch ms).
    auction_closes: Callable[[Plan], int]


def _data_keys(config: Settings, clock: Clock) -> WrappedKeys:
    table, wrapping_key = config.need("KEYS_TABLE"), config.need("PRIVACY_KEY")
    return WrappedKeys(aws.client("kms"), aws.client("dynamodb"), table, wrapping_key, clock)


def _bank(
    keys: Keyring, config: Settings, clock: Clock, wallet: Callable[[str], Wallet]
) -> Callable[[str], DepositBank]:
    def choose(channel: str) -> DepositBank:
        if channel == "hangzhou":
            from integrations.bank_of_hangzhou.client import BankOfHangzhou

            return BankOfHangzhou(
                config.need("HANGZHOU_URL"), keys.secret("HANGZHOU_SECRET"), config.need("HANGZHOU_ACCOUNT_NO")
            )
        if channel == "minsheng":
            from integrations.minsheng.client import MinshengBank, login_from

            login = login_from(keys.secret("MINSHENG_SECRET"))
            return MinshengBank(config.need("MINSHENG_URL"), login, config.need("MINSHENG_ACCOUNT_NO"), clock)
        if channel == "alipay":
            from integrations.alipay.account import AlipayAccount

            return AlipayAccount(wallet(channel), config.need("ALIPAY_SELLER_ID"))
        raise RuntimeError(f"no bank stands behind channel {channel!r}")

    return choose


def _own_accounts(config: Settings) -> Callable[[], tuple[OwnAccount, ...]]:
    def choose() -> tuple[OwnAccount, ...]:
        numbers = {name: config.environment.get(f"{name}_ACCOUNT_NO", "") for name in ("HANGZHOU", "MINSHENG")}
        banks = [OwnAccount(name.lower(), number) for name, number in numbers.items() if number]
        payout = config.environment.get("ALIPAY_PAYOUT_ACCOUNT_NO", "")
        # Alipay pays everybody out from there: only with our number in the memo is it ours.
        wallet = [OwnAccount("alipay", payout, config.need("ALIPAY_SELLER_ID"), stated=False)] if payout else []
        return (*banks, *wallet)

    return choose


def _wallet(keys: Keyring, config: Settings, clock: Clock) -> Callable[[str], Wallet]:
    def choose(channel: str) -> Wallet:
        if channel != "alipay":
            raise RuntimeError(f"no wallet stands behind channel {channel!r}")
        if config.environment.get("WALLET_GATEWAY") == "stripe":
            from integrations.stripe.client import StripeGateway
            from integrations.stripe.client import keys_from as gateway_keys

            api_key, signing_secret = gateway_keys(keys.secret("STRIPE_SECRET"))
            account_no = config.need("ALIPAY_SELLER_ID")
            return StripeGateway(
                config.need("STRIPE_URL"), api_key, signing_secret, account_no, _serial_of, clock=clock, day_of=_day_of
            )
        from dataclasses import replace

        from integrations.alipay.account import keys_from
        from integrations.alipay.client import AlipayClient
        from integrations.alipay.profile import Merchant, default_profile

        app = config.need("ALIPAY_APP_ID")
        merchant = Merchant(app, config.need("ALIPAY_SELLER_ID"), app, config.environment.get("ALIPAY_NOTIFY_URL", ""))
        # A compressed month's days are nominal: what a bill lists bears the instants at which it really happened.
        profile = replace(default_profile(), bill_days_checked=config.stage != "local")
        ours, theirs = keys_from(keys.secret("ALIPAY_SECRET"))
        return AlipayClient(config.need("ALIPAY_URL"), merchant, ours, theirs, clock=clock, profile=profile)

    return choose


def _serial_of(our_ref: str) -> str:
    from chalicelib.deposits.trade_records import find_trade

    trade = find_trade(our_ref)
    return trade.serial if trade else ""


def _day_of(day: date) -> Day:
    """A day of the gateway's bill: the calendar's, or in a compressed month what stands for it there."""
    from chalicelib.periods.openings import openings
    from chalicelib.periods.records import load_plan
    from integrations.stripe.bill import Day
    from integrations.stripe.client import StripeGateway, day_of_shanghai

    spans = (load_plan(period).short_day(StripeGateway.channel, day) for period in openings())
    short = next((span for span in spans if span), None)
    return Day(day, *short) if short else day_of_shanghai(day)


def _treasury(keys: Keyring, config: Settings) -> Callable[[], TreasuryLink]:
    def choose() -> TreasuryLink:
        from integrations.treasury_nontax.client import TreasuryClient

        return TreasuryClient(config.need("TREASURY_ADDRESS"), keys.secret("TREASURY_SECRET"))

    return choose


def _carriers(
    keys: Keyring, config: Settings, clock: Clock, entropy: Entropy
) -> Callable[[], Mapping[str, SmsCarrier]]:
    def aliyun() -> SmsCarrier:
        from integrations.aliyun_sms.client import AliyunSms

        return AliyunSms(config.need("SMS_URL"), keys.secret("SMS_SECRET"), clock, entropy)

    def tencent() -> SmsCarrier:
        from integrations.tencent_sms.client import TencentSms

        return TencentSms(config.need("TENCENT_SMS_URL"), keys.secret("TENCENT_SMS_SECRET"), clock)

    def choose() -> Mapping[str, SmsCarrier]:
        known = {"aliyun": aliyun, "tencent": tencent}
        names = config.environment.get("SMS_CARRIERS", "aliyun").split(",")
        if not set(names) <= known.keys():
            raise RuntimeError(f"SMS_CARRIERS is {','.join(names)!r}; known are {', '.join(known)}")
        return {name: known[name]() for name in names}

    return choose


def _regulator() -> Regulator:
    from integrations.regulator.client import RegulatorFiles

    return RegulatorFiles()


def _timestamps(config: Settings) -> Callable[[], TimestampAuthority | None]:
    def choose() -> TimestampAuthority | None:
        if not config.environment.get("TIMESTAMP_URL"):
            return None
        from base64 import b64decode

        from integrations.timestamps.client import TimestampClient

        return TimestampClient(config.need("TIMESTAMP_URL"), b64decode(config.need("TIMESTAMP_CERTIFICATE")))

    return choose


def _send_sms(keys: Keyring, config: Settings, clock: Clock) -> SendCode:
    from chalicelib.messages.codes import code_lane

    return code_lane(lambda: SqsQueue(aws.client("sqs"), config.need("CODES_QUEUE")), cache(keys.vault), clock)


def _rules_version(period: str) -> str:
    from chalicelib.periods.records import load_period_rules

    rules = load_period_rules(period)
    return f"{rules.city} {rules.version}"


def _rules_text(period: str) -> str:
    from chalicelib.periods.records import rules_text_of

    return rules_text_of(period)


def _auction_closes(plan: Plan) -> int:
    from chalicelib.auctions.window import closes_at_ms

    return closes_at_ms(plan)


@cache
def hub() -> Hub:
    """The hub of this process, on AWS or on whatever ``AWS_ENDPOINT_URL`` names."""
    config, clock, entropy = settings(), SystemClock(), SystemEntropy()
    keys = Keyring(
        aws.client("secretsmanager"), config, entropy, clock=clock, data_keys=lambda: _data_keys(config, clock)
    )
    wallet = cache(_wallet(keys, config, clock))
    return Hub(
        settings=config,
        clock=clock,
        entropy=entropy,
        files=S3Files(aws.client("s3"), config),
        machines=StepFunctions(aws.client("stepfunctions"), config),
        keys=keys,
        bank=cache(_bank(keys, config, clock, wallet)),
        own_accounts=cache(_own_accounts(config)),
        wallet=wallet,
        treasury=cache(_treasury(keys, config)),
        carriers=cache(_carriers(keys, config, clock, entropy)),
        regulator=cache(_regulator),
        send_sms=_send_sms(keys, config, clock),
        timestamps=cache(_timestamps(config)),
        rules_version=_rules_version,
        rules_text=_rules_text,
        auction_closes=_auction_closes,
    )
