"""What is kept of SMS codes and sign-in tries: short-lived items, deleted by the table when their time is over."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.tables import HubMeta, table_name


class SmsCodeRecord(Model):
    """The standing SMS code for one code, purpose and phone. The code itself is kept only as a keyed hash.

    The phone's hash is part of the key: whoever asks with another phone neither sees nor disturbs the bidder's own.
    """

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    code_hash = UnicodeAttribute()
    out_id = UnicodeAttribute()
    issued_at_ms = NumberAttribute()
    earlier_at_ms: ListAttribute[float] = ListAttribute()
    tries = NumberAttribute(default=0)
    used = BooleanAttribute(default=False)
    expires_at_s = NumberAttribute()


class TriesRecord(Model):
    """How often something was tried within one minute, by code, phone (hashed) or source address (hashed)."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    tries = NumberAttribute(default=0)
    expires_at_s = NumberAttribute(default=0)


def code_pk(period: str, code: str) -> str:
    """The partition key of a code's short-lived items."""
    return f"code#{period}#{code}"
