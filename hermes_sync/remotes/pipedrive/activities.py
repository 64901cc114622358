"""Knowing an activity again by what it says, since it has no field for an id of ours (semantics 5.2)."""

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import ValidationError

from hermes_sync.core.values import text
from hermes_sync.remotes.pipedrive.rows import ACTIVITY

HANGS_ON: Final = ("deal_id", "person_id", "org_id")
"""Where an activity is looked for, the narrowest list first."""

_TOLD_BY: Final = ("type", "subject", "due_date", "due_time", "owner_id")
_MINUTES: Final = len("15:00")


def fitting(rows: Iterable[object], said: Mapping[str, object]) -> list[int]:
    """Return the ids of the living activities among these rows that say all of what is said of one."""
    return [id_ for row in rows if (id_ := _id_if_fitting(row, said)) is not None]


def _id_if_fitting(row: object, said: Mapping[str, object]) -> int | None:
    try:
        valid = ACTIVITY.validate_python(row)
    except ValidationError:
        return None  # an odd one is none of ours
    told = {**valid, "owner_id": _id_in(valid.get("owner_id"))}
    is_it = all(_plain(name, told.get(name)) == _plain(name, said[name]) for name in _TOLD_BY if name in said)
    return valid["id"] if is_it and not valid.get("is_deleted") else None


def _id_in(link: object) -> object:
    """Return the id of a link in its long or short form."""
    return link.get("value") or link.get("id") if isinstance(link, Mapping) else link


def _plain(name: str, value: object) -> str | None:
    """Return a value as text; of a time hours and minutes count, because seconds are added to it."""
    plain = text(value)
    return plain[:_MINUTES] if plain is not None and name == "due_time" else plain
