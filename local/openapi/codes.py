"""Every stable code that the hub's code can refuse with, and which of them a function can come to. Read from the code.

A code is a constant where an error is made. What a function calls by name, and what the classes do that it names, is
followed through the rooms; what comes through a port is not, and is added by file.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from chalicelib.bidding.rules import PriceFault
from chalicelib.kernel import errors
from chalicelib.kernel.errors import HubError
from local.package import ROOT

KINDS: dict[str, type[HubError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, HubError)
}
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")
# Everything is reachable from where all is wired together, and nothing is learnt by it.
_NOT_FOLLOWED = ("chalicelib.wiring", "integrations.")
# Where a code is no constant: what it can be. A test holds that no such place is missing here.
_TOLD = {
    "alipay": "APP_ID BODY GMT_PAYMENT NOTIFY_ID NOTIFY_TIME OUT_TRADE_NO SELLER_ID TOTAL_AMOUNT TRADE_NO TRADE_STATUS",
    "stripe": "AMOUNT BODY HUB_REF ID OBJECT TYPE",
}
COMPUTED: Mapping[str, Mapping[str, str]] = {
    "chalicelib/applicants/limits.py": {
        "PHONE_REQUESTS": "操作过于频繁,请一分钟后再试",
        "CODE_REQUESTS": "操作过于频繁,请一分钟后再试",
        "ADDRESS_TRIES": "操作过于频繁,请一分钟后再试",
        "LOGIN_TRIES": "登录尝试过于频繁,请一分钟后再试",
    },
    "chalicelib/bidding/phases.py": {
        PriceFault.ABOVE_WARNING.value: "首次出价不得高于警示价 … 元",
        PriceFault.OUT_OF_BAND.value: "出价须在 … 元至 … 元之间(目前最低可成交价上下浮动)",
    },
    "chalicelib/bidding/rules.py": {
        PriceFault.BELOW_RESERVE.value: "出价不得低于保留价 … 元",
        PriceFault.OFF_TICK.value: "出价须为 … 元的整数倍",
        PriceFault.ABOVE_CAP.value: "出价不得高于最高限价 … 元",
    },
    "chalicelib/deposits/fetching.py": {"BILL_NOT_READY": "账单尚未生成"},
    "chalicelib/periods/running.py": {"ATTEMPT_OVERTAKEN": "本期的这次执行已被取代或已结束: …"},
    "integrations/alipay/notification.py": {
        f"NOTIFICATION_{name}": "支付宝通知不符: …" for name in _TOLD["alipay"].split()
    },
    "integrations/stripe/event.py": {f"NOTIFICATION_{name}": "支付网关通知不符: …" for name in _TOLD["stripe"].split()},
}


@dataclass(frozen=True, order=True)
class Refusal:
    """A code as it is made somewhere: the error's kind, and its Chinese sentence, holes as ``…``."""

    code: str
    kind: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status that it is answered with."""
        return KINDS[self.kind].status


@dataclass(frozen=True)
class Place:
    """A function in a file, by its lines, and what it can refuse with."""

    first: int
    last: int
    refusals: tuple[Refusal, ...]
    computed: bool


@cache
def places(file: Path) -> tuple[Place, ...]:
    """The functions of a file that make errors; what stands outside of any function is at line 0."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = []
    for node in functions:
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        found.append(_place(node, first, node.end_lineno or first, file))
    return tuple(found)


def _place(node: ast.FunctionDef, first: int, last: int, file: Path) -> Place:
    refusals: list[Refusal] = []
    computed = False
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and (kind := _kind(call, file)) and call.args:
            code = call.args[0]
            message = _sentence(call.args[1]) if len(call.args) > 1 else ""
            if isinstance(code, ast.Constant) and _CONSTANT.fullmatch(str(code.value)):
                refusals.append(Refusal(str(code.value), kind, message))
            elif not _is_helper(node):
                listed = COMPUTED.get(str(file.relative_to(ROOT)), {}) if _name(call) in KINDS else {}
                computed |= not listed and _name(call) in KINDS
                refusals += [Refusal(each, kind, said) for each, said in listed.items()]
    return Place(first, last, tuple(refusals), computed)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _kind(call: ast.Call, file: Path) -> str:
    name = _name(call)
    return name if name in KINDS else _helpers(file).get(name, "")


def _is_helper(node: ast.FunctionDef) -> bool:
    """Whether a function makes errors of the code that it is handed first."""
    first = node.args.args[0].arg if node.args.args else ""
    made = [call for call in ast.walk(node) if isinstance(call, ast.Call) and _name(call) in KINDS and call.args]
    return bool(first) and any(isinstance(call.args[0], ast.Name) and call.args[0].id == first for call in made)


@cache
def _helpers(file: Path) -> dict[str, str]:
    """The kinds of error that a file's helpers make, its own and those that it imports."""
    found: dict[str, str] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and _is_helper(node):
            kinds = [_name(call) for call in ast.walk(node) if isinstance(call, ast.Call) and _name(call) in KINDS]
            found[node.name] = kinds[0]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("integrations."):
            source = (ROOT / str(node.module).replace(".", "/")).with_suffix(".py")
            known = _helpers(source) if source.exists() else {}
            found |= {name.asname or name.name: known[name.name] for name in node.names if name.name in known}
    return found


def _sentence(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)
    if isinstance(node, ast.BinOp):
        return _sentence(node.left) + _sentence(node.right)
    return "…"  # made from the case


def files() -> Iterator[Path]:
    """Every file that may make an error."""
    for package in ("chalicelib", "integrations"):
        yield from sorted((ROOT / package).rglob("*.py"))


def of_files(*names: str) -> set[Refusal]:
    """All that counterparties' files can refuse with, by their paths below ``integrations/``."""
    return {refusal for name in names for place in places(ROOT / "integrations" / name) for refusal in place.refusals}


def unlisted() -> list[str]:
    """Places where a code is computed and ``COMPUTED`` does not say what it can be."""
    return [f"{file.relative_to(ROOT)}:{place.first}" for file in files() for place in places(file) if place.computed]


def everything() -> set[Refusal]:
    """All refusals of the hub."""
    return {refusal for file in files() for place in places(file) for refusal in place.refusals}


def reached(*roots: Any) -> set[Refusal]:
    """What functions can refuse with, by themselves or by what they call."""
    seen: set[FunctionType] = set()
    found: set[Refusal] = set()
    open_ends: list[FunctionType] = [inspect.unwrap(root) for root in roots]
    while open_ends:
        function = open_ends.pop()
        if function in seen:
            continue
        seen.add(function)
        code = function.__code__
        found |= _made_at(code.co_filename, code.co_firstlineno)
        open_ends += _called(function)
    return found


@cache
def _made_at(file: str, line: int) -> set[Refusal]:
    # What a dataclass writes itself has no file.
    listed = places(Path(file)) if Path(file).exists() else ()
    return {refusal for place in listed if place.first == line for refusal in place.refusals}


@cache
def _called(function: FunctionType) -> tuple[FunctionType, ...]:
    return tuple(dict.fromkeys(_named_by(function)))


def _named_by(function: FunctionType) -> Iterator[FunctionType]:
    mentioned = list(_names(function.__code__))
    modules = [importlib.import_module(name) for name in mentioned if _ours(name)]
    known = [function.__globals__.get(name) for name in mentioned]
    modules += [each for each in known if isinstance(each, ModuleType) and _ours(each.__name__)]
    known += [getattr(module, name, None) for module in modules for name in mentioned]
    yield from _functions(known)
    annotated = " ".join(map(str, getattr(function, "__annotations__", {}).values()))
    yield from _functions(function.__globals__.get(name) for name in re.findall(r"\w+", annotated))


def _functions(known: Any) -> Iterator[FunctionType]:
    for found in known:
        each = inspect.unwrap(found) if callable(found) and not isinstance(found, type) else found
        if isinstance(each, FunctionType) and _ours(each.__module__):
            yield each
        elif isinstance(each, type) and _ours(each.__module__):
            yield from _methods(each)


@cache
def _methods(kind: type) -> tuple[FunctionType, ...]:
    found: list[FunctionType] = []
    for each in vars(kind).values():
        function = getattr(each, "__func__", None) or getattr(each, "fget", None) or each
        if isinstance(function, FunctionType) and _ours(function.__module__):
            found.append(function)
    return tuple(found)


def _ours(module: str) -> bool:
    return module.startswith("chalicelib.") and not module.startswith(_NOT_FOLLOWED)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
