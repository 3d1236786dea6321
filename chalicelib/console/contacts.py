"""Contacts of the hotline (热线): who called about which application, and who goes on with it. Only ever added to.

A contact is kept twice, by month for the lists and by application for its timeline, in one transaction with its entry
on the audit trail. Its text is what the operator wrote: the form says not to write personal data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.ids import id_from
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, note

COMPLAINT = "complaint"


class ContactRecord(Model):
    """One contact; ``pk`` is ``contacts#{month}`` or ``contacts#{period}#{code}``."""

    class Meta(HubMeta):
        """The console's table."""

        table_name = table_name("CONSOLE_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    at_ms = NumberAttribute()
    period = UnicodeAttribute()
    code = UnicodeAttribute()
    category = UnicodeAttribute()
    text = UnicodeAttribute()
    by = UnicodeAttribute()
    handed_to = UnicodeAttribute(default="")


@dataclass(frozen=True)
class Contact:
    """What is to be kept. ``handed_to``: the colleague who goes on with it, or nobody."""

    period: str
    code: str
    category: str
    text: str
    handed_to: str = ""


def keep(contact: Contact, actor: Actor) -> None:
    """Keep a contact; the same by the same operator at the same instant is the same."""
    name = f"{actor.at_ms:013d}#{id_from(actor.name, contact.code, contact.text)}"
    transaction = Transaction()
    for pk in (_month_pk(f"{local_date(actor.at_ms):%Y-%m}"), _code_pk(contact.period, contact.code)):
        record = ContactRecord(
            pk,
            name,
            at_ms=actor.at_ms,
            period=contact.period,
            code=contact.code,
            category=contact.category,
            text=contact.text,
            by=actor.name,
            handed_to=contact.handed_to,
        )
        transaction.put(record, ContactRecord.pk.does_not_exist())
    after = {"category": contact.category, "handed_to": contact.handed_to}
    note(transaction, actor, Act("hotline.contact", f"{contact.period} {contact.code}", after=after))
    transaction.commit()


def contacts_of(period: str, code: str) -> list[ContactRecord]:
    """Every contact about an application, oldest first."""
    return list(ContactRecord.query(_code_pk(period, code), consistent_read=True))


def contacts_in(month: str) -> list[ContactRecord]:
    """Every contact of a month, oldest first."""
    return list(ContactRecord.query(_month_pk(month), consistent_read=True))


def by_category(months: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """Month -> category -> how many contacts."""
    return {month: Counter(each.category for each in contacts_in(month)) for month in months}


def _month_pk(month: str) -> str:
    return f"contacts#{month}"


def _code_pk(period: str, code: str) -> str:
    return f"contacts#{period}#{code}"
