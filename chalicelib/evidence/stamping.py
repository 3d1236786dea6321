"""Time stamps of an authority (RFC 3161), each in a file beside its package. Nothing ever waits for one.

A package is sealed when it is written and recorded. Where the authority does not answer, the package stands without a
stamp, and is stamped when anything of its period or of the next is sealed.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.evidence import records
from chalicelib.kernel.errors import Conflict, Pending
from chalicelib.kernel.files import Files
from chalicelib.kernel.log import logger
from chalicelib.periods.naming import month_of
from integrations.ports import TimestampAuthority

SUFFIX = ".tsr"
RESPONSE_TYPE = "application/timestamp-reply"


def stamp(period: str, authority: TimestampAuthority | None, files: Files) -> list[str]:
    """Stamp what has no stamp of this period's packages, and of the one before; returns the keys of those made now."""
    if authority is None:
        return []
    made: list[str] = []
    before = (month_of(period) - timedelta(days=1)).strftime("%Y-%m")
    for key in [seal.key for each in (period, before) for _, seal in records.seals_of(each)]:
        if list(files.keys("evidence", key + SUFFIX)):
            continue
        try:
            answer = authority.stamp(files.read("evidence", key))
            files.write_once("evidence", key + SUFFIX, answer, RESPONSE_TYPE)
        except Conflict:  # another start of this step was quicker: its stamp stands
            continue
        except Pending as error:
            # One request without an answer is enough: the others are asked for when this step comes by again.
            logger.warning("not stamped", extra={"key": key, "code": error.code, "cause": str(error.__cause__)[:200]})
            return made
        made.append(key + SUFFIX)
    return made
