"""Words to describe a door with: schemas of JSON Schema 2020-12, and what a door takes and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

PUBLIC, BIDDER, OPERATOR, COUNTERPARTY = "public", "bidder", "operator", "counterparty"
TAGS = {
    PUBLIC: "Open to everybody: the period, the result, the log of bids, the clock.",
    BIDDER: "A bidder's own doors. An account session (by SMS code) for his pages, a bid session (by password) to bid.",
    OPERATOR: "Operators, by role; whoever makes a thing never approves it.",
    COUNTERPARTY: "Integrators: what banks, wallet, treasury and carriers tell the hub, each in its own form.",
}
JSON, FORM, TEXT_PLAIN = "application/json", "application/x-www-form-urlencoded", "text/plain"

# Schemas that have a name, as the document's components.
COMPONENTS: dict[str, Schema] = {}


def text(pattern: str = "", *, example: str = "", longest: int = 0, about: str = "") -> Schema:
    """A text, as a whole like ``pattern``."""
    made: Schema = {"type": "string"}
    if pattern:
        made["pattern"] = f"^{pattern}$" if not pattern.startswith("^") else pattern
    if longest:
        made |= {"minLength": 1, "maxLength": longest}
    if example:
        made["examples"] = [example]
    if about:
        made["description"] = about
    return made


def one_of(*words: str, about: str = "") -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(words), **({"description": about} if about else {})}


def whole(about: str = "", least: int | None = None) -> Schema:
    """A whole number."""
    made: Schema = {"type": "integer"}
    return made | ({"minimum": least} if least is not None else {}) | ({"description": about} if about else {})


def listed(rows: Schema, most: int = 0) -> Schema:
    """A list."""
    return {"type": "array", "items": rows, **({"maxItems": most} if most else {})}


def by_name(value: Schema, names: Schema | None = None) -> Schema:
    """An object whose keys are names."""
    return {"type": "object", "additionalProperties": value, **({"propertyNames": names} if names else {})}


def some(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def thing(fields: Mapping[str, Schema], *, optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these fields and no others; ``optional`` ones may be left out."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


def asked(fields: Mapping[str, Schema], *, optional: Mapping[str, Schema] | None = None) -> Schema:
    """What a body holds. Other fields are not looked at."""
    made = thing(fields, optional=optional)
    del made["additionalProperties"]
    return made


def named(name: str, schema: Schema) -> Schema:
    """Keep a schema as a component and refer to it."""
    COMPONENTS[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def page(name: str, rows: Schema, more: Mapping[str, Schema] | None = None) -> Schema:
    """A page of a list."""
    following = text(about="The next page's `cursor`; empty on the last page.")
    return thing({**(more or {}), name: listed(rows), "next": following})


@dataclass(frozen=True)
class Door:
    """What a door takes and answers, beside what its code says by itself: its path, its description, its refusals."""

    tag: str
    answers: Mapping[int, Schema | None]
    takes: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    sessions: tuple[str, ...] = ()
    # Files of the counterparties whose refusals come through a port, and so do not show in the door's own code.
    behind: tuple[str, ...] = ()
    paged: bool = False
    limited: bool = False
    once: bool = False
    kind: str = JSON
    answer_kind: str = JSON
    own_errors: bool = False
    about: str = ""
