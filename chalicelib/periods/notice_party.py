"""Who a city's announcement comes from, as its rule set names them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.periods.toml_table import TomlTable


@dataclass(frozen=True)
class NoticeParty:
    """The regulation that an announcement rests on, the office that issues it, and where bidders ask."""

    basis: str
    office: str
    website: str
    phone: str


def read_notice_party(table: TomlTable) -> NoticeParty:
    """A rule set's ``[notice]``; faults are noted in the table."""
    party = NoticeParty(table.text("basis"), table.text("office"), table.text("website"), table.text("phone"))
    table.close()
    return party
