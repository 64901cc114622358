"""Objects that are too odd to understand: put aside with a notice, so that the rest of their page is unharmed."""

from pydantic import ValidationError

from hermes_sync.core.records import Notice, Ref, System
from hermes_sync.ports import Reading, RemoteError

_NAMES = {System.PIPEDRIVE: "Pipedrive", System.TC2: "TC2", System.HERMES: "Hermes"}


class Odd(Exception):
    """An object that cannot be understood; the message says what is odd about it."""


def put_aside(ref: Ref, why: str, names: tuple[int, ...] | None = None) -> Reading:
    """Return the reading of an odd object: no record, and a notice that says what to correct.

    `names` are the Hermes ids in its `hermes_id`, as far as they can be told.
    """
    where = _NAMES[ref.kind.system]
    message = f"{ref} was put aside, because {why}; correct it in {where} and the next pass takes it up"
    return Reading(ref=ref, notices=(Notice(code="odd-object", message=message, refs=(str(ref),)),), names=names)


def left_out(ref: Ref, error: RemoteError) -> Reading:
    """Return the reading of an object that its remote doesn't hand out: nothing can be told of it."""
    message = f"{ref} was left out, because it can't be read now: {error}"
    return Reading(ref=ref, notices=(Notice(code="object-unread", message=message, refs=(str(ref),)),), names=None)


def why_invalid(error: ValidationError) -> str:
    """Return what a validation found, without the value itself, which may be long."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole object"
    return f"{where} is not as expected ({first['msg']})"


def id_in(row: object) -> int:
    """Return the id of a row that is too odd to read; 0 when it has none, which no object has."""
    said = row.get("id") if isinstance(row, dict) else None
    if isinstance(said, bool):
        return 0
    if isinstance(said, int):
        return said
    return int(said) if isinstance(said, str) and said.strip().isdecimal() else 0
