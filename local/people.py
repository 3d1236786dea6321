"""People and units who take part in a simulated month. Everything follows from one seeded ``random.Random``.

Check digits are computed here and not by ``chalicelib.kernel.identity``: the generator stands for the counterparties,
so a mistake in the hub's own rule shows instead of being repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

INDIVIDUAL, UNIT = "individual", "unit"
UNIT_SHARE = 0.12

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田"
    "董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢傅钟姜崔谭廖范汪陆金石戴"
)
_GIVEN_FIRST = "伟芳秀敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文志建国海晓春玉红子雨欣梓浩宇佳思嘉俊一诗可若天"
_GIVEN_LAST = "英华兰珍云辉鹏飞宁波琳颖洁莹雪倩婷慧莉玲萍丹凯峰斌亮健鑫翔轩泽涵怡然彤瑶航睿哲晨阳楠悦琪"
# Characters that GB2312 lacks: names with them show that files really are GB18030.
_RARE_NAMES = ("王喆堃", "陈燚", "李玥", "张珺珺", "林犇")
_UNIT_WORDS = (
    "西湖",
    "钱江",
    "之江",
    "运河",
    "武林",
    "拱宸",
    "滨江",
    "萧然",
    "临安",
    "富春",
    "余杭",
    "望江",
    "艮山",
    "凤起",
)
_UNIT_MIDDLES = (
    "智联",
    "恒达",
    "新远",
    "嘉禾",
    "鼎盛",
    "云启",
    "瑞丰",
    "天衡",
    "万和",
    "博通",
    "同创",
    "明德",
    "长青",
    "安泰",
)
_UNIT_TRADES = ("科技", "贸易", "物流", "建材", "信息技术", "食品", "文化传媒", "机电设备", "汽车服务", "纺织")
_UNIT_FORMS = ("有限公司", "股份有限公司", "有限责任公司")

# Districts of Hangzhou, as the first six digits of an ID card and as a unit's place of registration.
_DISTRICTS = ("330102", "330105", "330106", "330108", "330109", "330110", "330111", "330112")
_PHONE_PREFIXES = ("135", "137", "138", "139", "150", "158", "159", "182", "187", "188", "198")
_CARD_PREFIXES = ("622202", "621700", "622848", "623061", "621661")

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_UNIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Person:
    """One bidder, a natural person or a unit, with the account that the deposit is paid from."""

    code: str
    bidder_class: str
    name: str
    id_number: str
    phone: str
    account_no: str

    @property
    def is_unit(self) -> bool:
        """Whether this is a unit."""
        return self.bidder_class == UNIT


def seeded(subject: str, seed: int) -> random.Random:
    """The one kind of randomness here: repeatable, and each subject's own, so that one draw does not move another."""
    return random.Random(f"{subject}:{seed}")  # noqa: S311 - a simulation guards no secret


def id_card(district: str, born: date, sequence: int) -> str:
    """An ID card number (GB 11643): district 6, birth date 8, sequence 3, check character."""
    first17 = f"{district}{born:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True))
    return first17 + "10X98765432"[total % 11]


def unit_code(district: str, organisation8: str) -> str:
    """A unified social credit code (GB 32100): ``91``, district 6, organisation 8 + check (GB 11714), check."""
    rest = (
        11 - sum(int(digit) * weight for digit, weight in zip(organisation8, _ORGANISATION_WEIGHTS, strict=True)) % 11
    )
    first17 = f"91{district}{organisation8}{'X' if rest == 10 else rest % 11}"
    weight, total = 1, 0
    for char in first17:
        total += _UNIT_ALPHABET.index(char) * weight
        weight = weight * 3 % 31
    return first17 + _UNIT_ALPHABET[-total % 31]


def luhn_digit(digits: str) -> str:
    """The check digit of a bank card (ISO/IEC 7812)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


class PeopleMaker:
    """Makes people one after another; names, codes, papers, phones and accounts are never given out twice."""

    def __init__(self, seed: int) -> None:
        self._random = seeded("people", seed)
        self._given_out: set[str] = set()

    def person(self, bidder_class: str) -> Person:
        """The next person or unit."""
        unit = bidder_class == UNIT
        return Person(
            code=self._fresh(self._code),
            bidder_class=bidder_class,
            name=self._fresh(self._unit_name if unit else self._name),
            id_number=self._fresh(self._unit_number if unit else self._card_number),
            phone=self._fresh(self._phone),
            account_no=self.account(bidder_class),
        )

    def minsheng_card(self) -> str:
        """A card of Minsheng's own that nobody has yet."""
        return self._fresh(lambda: (first15 := "622622" + self._digits(9)) + luhn_digit(first15))

    def account(self, bidder_class: str) -> str:
        """A bank account nobody has yet: a 19-digit card for a person, a 16-digit account for a unit."""
        return self._fresh(self._unit_account if bidder_class == UNIT else self._card)

    def _fresh(self, make: Callable[[], str]) -> str:
        while (value := make()) in self._given_out:
            pass
        self._given_out.add(value)
        return value

    def _digits(self, count: int) -> str:
        return "".join(self._random.choices("0123456789", k=count))

    def _code(self) -> str:
        return f"330{self._random.randint(1, 9)}{self._digits(9)}"

    def _name(self) -> str:
        if self._random.random() < 0.02:
            return self._random.choice(_RARE_NAMES)
        given = self._random.choice(_GIVEN_FIRST) if self._random.random() < 0.8 else ""
        return self._random.choice(_SURNAMES) + given + self._random.choice(_GIVEN_LAST)

    def _unit_name(self) -> str:
        pick = self._random.choice
        return f"杭州{pick(_UNIT_WORDS)}{pick(_UNIT_MIDDLES)}{pick(_UNIT_TRADES)}{pick(_UNIT_FORMS)}"

    def _card_number(self) -> str:
        born = date(1958, 1, 1) + timedelta(days=self._random.randrange(45 * 365))
        return id_card(self._random.choice(_DISTRICTS), born, self._random.randint(1, 999))

    def _unit_number(self) -> str:
        return unit_code(self._random.choice(_DISTRICTS), self._digits(8))

    def _phone(self) -> str:
        return self._random.choice(_PHONE_PREFIXES) + self._digits(8)

    def _card(self) -> str:
        first18 = self._random.choice(_CARD_PREFIXES) + self._digits(12)
        return first18 + luhn_digit(first18)

    def _unit_account(self) -> str:
        return "3301040160" + self._digits(6)


def beyond_gb2312(name: str) -> bool:
    """Whether a name has a character that GB2312 lacks."""
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def make_people(maker: PeopleMaker, count: int, unit_share: float = UNIT_SHARE) -> tuple[Person, ...]:
    """``count`` bidders, individuals first, then at least two units."""
    units = max(2, round(count * unit_share))
    return tuple(maker.person(INDIVIDUAL) for _ in range(count - units)) + tuple(
        maker.person(UNIT) for _ in range(units)
    )
