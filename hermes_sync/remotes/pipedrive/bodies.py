"""What a push to Pipedrive says, field by field, in the type that each field of the account has (facts 1.5, 4.1).

Writes are strict: numbers are no texts, ids are whole numbers, and one wrong key fails the whole body.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hermes_sync.core.plan import FieldChange
from hermes_sync.core.records import Reach, RemoteKind
from hermes_sync.core.values import is_nothing, text
from hermes_sync.ports import FieldDefinition, Order
from hermes_sync.remotes.pipedrive.custom import CustomFields, option_id, option_ids
from hermes_sync.remotes.pushing import Said, Unsaid

NEEDED: Final[Mapping[RemoteKind, str]] = {
    RemoteKind.ORGANIZATION: "name",
    RemoteKind.PERSON: "name",
    RemoteKind.DEAL: "title",
    RemoteKind.ACTIVITY: "subject",
}
"""The field that a new object cannot be without (facts 4.1)."""

_ROOT: Final[Mapping[RemoteKind, frozenset[str]]] = {
    RemoteKind.ORGANIZATION: frozenset({"name", "owner_id", "country"}),
    RemoteKind.PERSON: frozenset({"name", "owner_id", "org_id", "emails", "phones"}),
    RemoteKind.DEAL: frozenset({"title", "owner_id", "org_id", "person_id", "pipeline_id", "stage_id", "status"}),
    RemoteKind.ACTIVITY: frozenset(
        {"subject", "type", "due_date", "due_time", "duration", "owner_id", "org_id", "person_id", "deal_id"}
    ),
}


class _Unsayable(Exception):
    """A value that the field cannot hold; the message says why."""


def said(order: Order, custom: CustomFields) -> tuple[list[Said], list[Unsaid]]:
    """Return what an order says, and what of it cannot be said in the fields that the account has."""
    spoken: list[Said] = []
    unsaid: list[Unsaid] = []
    for one in order.changes:
        # A new object has nothing to clear, and a null is not welcome everywhere.
        if order.remote_id is None and is_nothing(one.after):
            continue
        try:
            spoken.append(_say(one, order, custom))
        except _Unsayable as why:
            unsaid.append(Unsaid(field=one.field, why=str(why)))
    return spoken, unsaid


def body(spoken: Iterable[Said]) -> dict[str, object]:
    """Return the JSON body that says it."""
    said_ = list(spoken)
    root: dict[str, object] = {one.key: one.value for one in said_ if not one.is_custom}
    custom = {one.key: one.value for one in said_ if one.is_custom}
    return {**root, "custom_fields": custom} if custom else root


def _say(one: FieldChange, order: Order, custom: CustomFields) -> Said:
    if one.field in _ROOT[order.kind]:
        return _say_root(one, order.kind)
    key = custom.keys.get(one.field)
    if key is None:
        raise _Unsayable(f"the config names no key for it: set pipedrive.fields.{order.kind}.{one.field}")
    value = _custom_value(one, custom.definitions.get(key), order)
    return Said(field=one.field, key=key, value=value, is_custom=True)


def _say_root(one: FieldChange, kind: RemoteKind) -> Said:
    match one.field:
        case "person_id" if kind is RemoteKind.ACTIVITY:
            # There `person_id` is read-only: it is that of the primary participant.
            participants = [{"person_id": _whole(one.after), "primary": True}]
            return Said(field="person_id", key="participants", value=participants)
        case "country":
            # The address is required to have a value; TutorCruncher has always written the country into both.
            address = None if is_nothing(one.after) else {"value": one.after, "country": one.after}
            return Said(field="country", key="address", value=address)
        case "emails" | "phones":
            return Said(field=one.field, key=one.field, value=_reaches(one.after))
        case "name" | "title" | "status" | "subject" | "type" | "due_date" | "due_time" | "duration":
            return Said(field=one.field, key=one.field, value=text(one.after))
        case _:
            return Said(field=one.field, key=one.field, value=_whole(one.after))


def _reaches(value: object) -> list[dict[str, object]]:
    """Return a whole list: the API replaces it, so what is not said is lost (facts 4.1)."""
    reaches: Sequence[Reach] = value if isinstance(value, tuple | list) else ()
    return [
        {"value": one.value, "primary": one.primary, **({"label": one.label} if one.label else {})} for one in reaches
    ]


def _custom_value(one: FieldChange, definition: FieldDefinition | None, order: Order) -> object:
    """Return a value in the type of its field; null clears (facts 9 of section 0)."""
    said_ = text(one.after)
    if said_ is None:
        return None
    if definition is None:
        return _whole(said_) if one.field.endswith("_person_id") else said_
    match definition.type:
        case "text" | "varchar" | "varchar_auto" | "phone" | "date":
            value: object = said_
        case "user" | "people" | "org":
            value = _whole(said_)
        case "double":
            value = _number(said_)
        case "monetary":
            value = {"value": _number(said_), "currency": _currency(order)}
        case "address":
            value = {"value": said_}
        case "enum":
            value = _option(option_id(said_, definition), said_)
        case "set":
            value = _option(option_ids(said_, definition), said_)
        case other:
            raise _Unsayable(f"a field of type {other} cannot hold it; use a text field")
    return value


def _option(found: object, label: str) -> object:
    if found is None:
        raise _Unsayable(f"the field has no option {label!r}; add it in Pipedrive, or use a text field")
    return found


def _whole(value: object) -> int | None:
    said_ = text(value)
    if said_ is None:
        return None
    if not said_.isdecimal():
        raise _Unsayable(f"{said_!r} is not the id that the field wants")
    return int(said_)


def _number(said_: str) -> int | float:
    try:
        number = float(said_)
    except ValueError:
        raise _Unsayable(f"{said_!r} is not the number that the field wants; use a text field") from None
    return int(number) if number.is_integer() else number


def _currency(order: Order) -> str:
    """Return the currency of an amount: the one pushed with it, else the one last seen."""
    pushed = next((one.after for one in order.changes if one.field == "currency"), None)
    currency = text(pushed) or text(getattr(order.seen, "currency", None))
    if currency is None:
        raise _Unsayable("an amount of money wants a currency, and none is known")
    return currency.upper()
