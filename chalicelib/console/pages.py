"""What a page is: an address, who may open it, and the view that answers. The list of them all is ``addresses``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chalicelib.console.sessions import SignedIn
from chalicelib.console.web import Answer, Request
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods.audit import Actor
from chalicelib.periods.naming import month_of

_NAMED = re.compile(r"\{(\w+)\}")
# What may stand in an address: no name of a person ever does.
_PARTS = {"period": "[0-9]{4}-[0-9]{2}"}
_PART = "[A-Za-z0-9_.-]{1,120}"


@dataclass(frozen=True)
class Ask:
    """A page that is asked for: by whom, with what, when (epoch ms)."""

    request: Request
    operator: SignedIn
    named: Mapping[str, str]
    now_ms: int
    page: Page

    @property
    def period(self) -> str:
        """The period of the address. Raises ``InvalidInput`` (``PERIOD_INVALID``)."""
        month_of(self.named["period"])
        return self.named["period"]

    @property
    def actor(self) -> Actor:
        """Who acts, as the trail writes it down."""
        return Actor(self.operator.name, self.operator.roles, self.now_ms)

    def may(self, *roles: str) -> bool:
        """Whether the operator has one of these roles: what is not allowed is not offered either."""
        return bool(set(roles) & set(self.operator.roles))

    def field(self, name: str, pattern: str, remedy: str, *, empty: bool = False) -> str:
        """A field of the form, without spaces around it. Raises ``InvalidInput`` (``FORM_INVALID``)."""
        found = self.request.form.get(name, "").strip()
        if (empty and not found) or re.fullmatch(pattern, found):
            return found
        problem = Problem(0, name, "", remedy)
        raise InvalidInput("FORM_INVALID", f"请检查填写内容：{remedy}", problems=(problem,))

    def choice(self, name: str, choices: Collection[str], remedy: str) -> str:
        """A field that is one of a few words. Raises ``InvalidInput`` (``FORM_INVALID``)."""
        return self.field(name, "|".join(map(re.escape, choices)), remedy)


View = Callable[[Ask], Answer]


@dataclass(frozen=True)
class Page:
    """One address. Any role of ``roles`` opens it."""

    method: str
    path: str
    roles: tuple[str, ...]
    view: View = field(repr=False)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The addresses that are this page's."""
        return re.compile(_NAMED.sub(lambda named: f"(?P<{named[1]}>{_PARTS.get(named[1], _PART)})", self.path))
