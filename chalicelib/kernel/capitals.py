"""Amounts in Chinese capital numerals (大写金额), as vouchers bear them beside the figures so that none can be altered.

The rules are those of 正确填写票据和结算凭证的基本规定: 整 ends what has no 分, a gap of zeros inside is one 零, and 零
stands between 元 and 分 where there is no 角.
"""

from __future__ import annotations

FEN_MAX = 10**14 - 1

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


def capital_amount(fen: int) -> str:
    """``3_150_050`` -> ``人民币叁万壹仟伍佰元伍角整``. Raises ``ValueError`` below 0 and above ``FEN_MAX``."""
    if not 0 <= fen <= FEN_MAX:
        raise ValueError(f"an amount on a voucher is 0 to {FEN_MAX} fen, not {fen}")
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    whole = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        return f"人民币{whole}整"
    part = f"{_DIGITS[jiao]}角" if jiao else ("零" if whole else "")
    return f"人民币{whole}{part}{_DIGITS[cents]}分" if cents else f"人民币{whole}{part}整"


def _whole(yuan: int) -> str:
    if yuan == 0:
        return _DIGITS[0]
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    text, gap = "", False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if group == 0:
            gap = True
            continue
        if text and (gap or group < 1_000):
            text += _DIGITS[0]
        text, gap = f"{text}{_group(group)}{_GROUPS[place]}", False
    return text


def _group(number: int) -> str:
    """1 to 9,999; zeros inside are one 零, those at the end none."""
    text, gap = "", False
    for place in reversed(range(4)):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text
