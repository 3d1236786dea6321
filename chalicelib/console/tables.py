"""A list on a page: columns that say what their cells are, and rows of values. How it looks is the template's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TEXT, MONEY, COUNT, MOMENT, STATE, LINK = "text", "money", "count", "moment", "state", "link"


@dataclass(frozen=True)
class Column:
    """``words``: what each value is called, where it is a state or a kind; of a link ``{"below": the section}``."""

    title: str
    kind: str = TEXT
    words: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listed:
    """A captioned list. ``following`` is the address of the next page; ``none`` what is said where there is nothing."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    none: str = "没有记录。"
    following: str = ""
