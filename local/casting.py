"""Who is sent to which counterparty on purpose, so that every month, however small, has what is to be shown there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from local.conduct import Conduct, Paying
from local.people import Person, seeded

# Names nobody else is given, with characters that GB2312 lacks.
RARE_NAMES = ("沈昉璟", "陆翀燊")
# A refund and interest have to go back to some of them.
BY_WALLET = 3


@dataclass(frozen=True)
class Cast:
    """``gone`` pays at the second bank, is paid back in batch 1, and has no account any more by then; ``short`` pays
    too little there, so that he is paid back in the same file. ``beside`` pays at the first bank and is paid back. He
    and ``gone`` bear a rare name. ``by_wallet`` pay by wallet, and are paid back."""

    gone: Person
    short: Person
    beside: Person
    by_wallet: tuple[Person, ...]

    @property
    def rare_names(self) -> dict[str, str]:
        """Application code -> the name that is borne."""
        return dict(zip((self.gone.code, self.beside.code), RARE_NAMES, strict=True))


def cast(seed: int, people: Collection[Person], conduct: Mapping[str, Conduct], taken: Collection[str]) -> Cast:
    """Draw them from those who pay as they should and are not ``taken`` (codes) for another part."""
    regular = [person for person in people if _regular(conduct[person.code]) and person.code not in taken]
    seeded("casting", seed).shuffle(regular)
    regular.sort(key=lambda person: person.is_unit)
    gone = next(person for person in regular if not conduct[person.code].activates)
    rest = [person for person in regular if person is not gone]
    # Whoever leaves his deposit here is not paid back, and whoever bids may win and default.
    beside = min(rest, key=lambda person: _stays(person, conduct[person.code]))
    others = [person for person in rest if person is not beside]
    back = [person for person in others if not person.is_unit and not conduct[person.code].rollover]
    short = next(person for person in people if conduct[person.code].paying is Paying.SHORT)
    return Cast(gone, short, beside, tuple(back[:BY_WALLET]))


def _stays(person: Person, how: Conduct) -> tuple[bool, bool, bool]:
    """What speaks against being paid back, or against a name that only people have."""
    return how.rollover, person.is_unit, bool(how.bids)


def _regular(conduct: Conduct) -> bool:
    return conduct.paying is Paying.EXACT and conduct.qualified
