"""The hotline's kept answers and the categories of contacts, from ``faq.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Answered:
    """A question that is asked often."""

    category: str
    question: str
    answer: str


@dataclass(frozen=True)
class Faq:
    """``categories``: key -> what it is called."""

    categories: Mapping[str, str]
    questions: tuple[Answered, ...]

    def fitting(self, words: str) -> list[Answered]:
        """The questions in which every word occurs, all of them for none."""
        wanted = words.split()
        return [each for each in self.questions if all(word in each.question + each.answer for word in wanted)]


@cache
def faq() -> Faq:
    """What is kept. ``ValueError`` names a question whose category there is not."""
    content = tomllib.loads((Path(__file__).parent / "faq.toml").read_text(encoding="utf-8"))
    questions = tuple(Answered(**each) for each in content["questions"])
    unknown = [each.question for each in questions if each.category not in content["categories"]]
    if unknown:
        raise ValueError(f"questions of no category: {', '.join(unknown)}")
    return Faq(content["categories"], questions)
