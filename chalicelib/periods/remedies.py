"""What was found and what would be right, of a regulator's row, as an operator reads it in Chinese.

Problems are kept in English (``kernel.errors``); a text that has no line here is shown as it is.
"""

from __future__ import annotations

import re

_CHINESE = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        (r"(\d+) characters", r"\1 个字符"),
        (r"(\d+) cells", r"\1 个单元格"),
        (r"empty", "空白"),
        (r"another word", "其他文字"),
        (r"a number", "数值格式"),
        (r"missing", "缺少"),
        (r"more than once", "出现多次"),
        (r"a code with other content further down", "同一编码在后面另有不同内容"),
        (r"the code of line (\d+)", r"与第 \1 行编码重复"),
        (r"already activated", "已激活"),
        (r"withdrawn before", "此前已撤回"),
        (r"an application code in the city's form", "本市格式的申请编码"),
        (r"a mobile number: 11 digits, 13 to 19 first", "11 位手机号码,以 13 至 19 开头"),
        (r"18 characters: 17 digits and a digit or X", "18 位身份证号:前 17 位为数字,末位为数字或 X"),
        (r"a birth date that exists in positions 7 to 14", "第 7 至 14 位为真实存在的出生日期"),
        (r"a check character that fits the first 17 (digits|characters)", "末位校验码与前 17 位相符"),
        (r"18 characters of digits and capital letters .*", "18 位统一社会信用代码(不含 I、O、S、V、Z)"),
        (r"one row for each code", "每个编码只列一行;内容不同的请由调控办确认后重新发送"),
        (r"a day not before (.+)", r"不早于 \1 的日期"),
        (r"a code that is valid on the auction day, (.+)", r"在竞价日 \1 仍有效的编码"),
        (r"(\S+) to (\S+)", r"\1 至 \2"),
        (r"a date that exists, as YYYY-MM-DD", "真实存在的日期,格式为 YYYY-MM-DD"),
        (r"a value in this row; .*", "本行自己的值;合并单元格只有首行有值,请先取消合并"),
        (r"a cell formatted as text: .*", "文本格式的单元格(Excel 的数值只保留 15 位)"),
        (r"(\S+) here", r"\1(本名单的类别)"),
        (r"(\S+) for (\S+)", r"\1(类别为\2)"),
        (r"no change after activation", "激活后不能再变更"),
        (r"a new application: .*", "重新申请;撤回后不能恢复"),
        (r"exactly one such column", "该列有且只有一列"),
        # Files of banks, wallet and treasury.
        (r"a corrected file in the same folder", "请对方更正后向同一目录重新投递"),
        (r"(\d+) more", r"另有 \1 处"),
        (r"correct those that are listed first", "请先更正已列出的各处"),
        (r"(\S+), what the rows add up to", r"\1,即各行之和"),
        (r"(\S+), the balance before and this row's amount", r"\1,即上一行余额加减本行金额"),
        (r"(\S+), as the hub has it", r"\1,即本系统账务"),
        (r"(\S+), the day it was delivered for", r"\1,即投递目录的日期"),
        (r"(\d+) fields separated by (\S+)", r"以 \2 分隔的 \1 个字段"),
        (r"a serial that no other row has", "与其他行不同的流水号"),
        (r"a serial of its own, or the content booked before", "未用过的流水号,或与原已入账内容一致"),
        (r"an amount > 0", "大于零的金额"),
        (r"characters of the file's encoding|characters (?:of|that) \S+(?: has)?", "文件编码所含的字符"),
        (r"a day that exists, written as (\S+)", r"真实存在的日期,格式为 \1"),
        (r"an instant that exists, Asia/Shanghai, written as .*", "真实存在的北京时间,格式同其他行"),
        # Payments and refunds.
        (r"ask the bank what became of it", "请向银行查询该笔款项"),
        (r"what was told first; ask which holds", "与首次通知一致;请向对方查询以哪次为准"),
        (r"(\d+) fen were told of", r"通知金额 \1 分"),
        (r"the number of a batch that the hub sent; ask the bank", "本系统发出的批次号;请向银行查询"),
        (r"paid, which the bank said before; ask the bank", "银行此前回复为已付;请向银行查询"),
        (r"failed, which the bank said before; ask the bank", "银行此前回复为失败;请向银行查询"),
        (r"refused by code '(\w+)': its payments go with a later batch", r"银行以 \1 拒收,所含款项列入后续批次"),
        (
            r"(\d+) by the dated rates for (\S+); the bank's figure is booked",
            r"按分段利率为 \1 分(\2),按银行数入账",
        ),
        (r"(\d+), what is paid back of (\S+); our own figure counts", r"应为 \1 分(\2),以本系统数为准"),
        (r"another account of the same owner", "同一户名的另一账号"),
        # The treasury.
        (r"a notice that is not void; two persons release the winner", "未作废的缴款通知;须两人办理解除"),
        (r"a notice that the treasury has; .*", "财政已登记的缴款通知;请先登记再调整期限"),
        (r"a notice that the treasury takes", "财政可受理的缴款通知"),
        (r"two persons' word on its winner", "须两人对该买受人作出决定"),
        (r"an e-receipt for this payment", "该笔缴款的电子票据"),
    )
)

# Between the office's own words.
_OR = re.compile(r"(?<=[^\x00-\x7f]) or (?=[^\x00-\x7f])")


def in_chinese(text: str) -> str:
    """The text in Chinese where it is known, else as it is."""
    for pattern, chinese in _CHINESE:
        if found := pattern.fullmatch(text):
            return found.expand(chinese)
    return _OR.sub("或", text)
