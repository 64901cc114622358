"""Values of custom fields, as the account's field definitions say they are to be read (facts 1.5).

Hermes keeps texts, but for counters and user ids. An enum shows its label, a monetary its amount.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hermes_sync.core.records import Notice, Ref
from hermes_sync.core.values import ids_in, text
from hermes_sync.ports import FieldDefinition
from hermes_sync.remotes.odd import Odd

WHOLE_NUMBERS: Final = frozenset({"paid_invoice_count", "support_person_id", "bdr_person_id"})
"""The Hermes names that hold whole numbers; every other one holds a text."""

Values = dict[str, Any]
"""Hermes name → value, as the record takes it."""


class CustomFields:
    """The custom fields of one kind: which keys hold which Hermes names, and how their values are read."""

    def __init__(self, keys: Mapping[str, str], definitions: Mapping[str, FieldDefinition]) -> None:
        self.keys = dict(keys)
        self.definitions = dict(definitions)
        self._plan = [
            (name, key, name in WHOLE_NUMBERS, self.definitions.get(key), _labels(self.definitions.get(key)))
            for name, key in keys.items()
        ]

    def read(self, held: object, ref: Ref, notices: list[Notice]) -> Values:
        """Return the values that an object holds; null, `{}` and a missing key are all the same nothing.

        Raises `Odd` when the custom fields are no object at all.
        """
        if not held:
            return {}
        if not isinstance(held, dict):
            raise Odd("custom_fields is no object")
        values: Values = {}
        for name, key, is_whole, definition, labels in self._plan:
            value = held.get(key)
            if value is None or value == "":
                continue
            # The plain cases first: they are nearly all, and a full read has a million of them.
            kind = type(value)
            if labels is None and kind is (int if is_whole else str):
                values[name] = value if is_whole else value.strip() or None
                continue
            if labels and kind is int and not is_whole and value in labels:
                values[name] = labels[value]
                continue
            plain = text(_plain(value, name, definition, ref, notices))
            if plain is not None:
                values[name] = _whole(plain, name, ref, notices) if is_whole else plain
        return values

    def names(self, held: object, ref: Ref) -> tuple[int, ...] | None:
        """Return the Hermes ids in the `hermes_id` of an object, odd or not; None when it can't be told."""
        key = self.keys.get("hermes_id")
        if key is None or not held:
            return ()
        if not isinstance(held, dict):
            return None
        return ids_in(text(_plain(held.get(key), "hermes_id", self.definitions.get(key), ref, [])))


def _labels(definition: FieldDefinition | None) -> dict[int, str] | None:
    """Return option id → label of a field with options, None for every other field."""
    if definition is None or definition.type not in {"enum", "set"}:
        return None
    return {int(option): label for option, label in definition.options.items() if option.isdecimal()}


def _plain(value: object, name: str, definition: FieldDefinition | None, ref: Ref, notices: list[Notice]) -> object:
    """Return the one value in a field: the label of an option, the amount of a monetary, the id of a user."""
    if definition is not None and definition.type in {"enum", "set"}:
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(_label(one, name, definition, ref, notices) for one in chosen)
    if isinstance(value, dict):
        return next((value[key] for key in ("value", "id", "label") if value.get(key) is not None), None)
    if isinstance(value, list):
        return ", ".join(filter(None, map(text, value)))
    return value


def _label(option: object, name: str, definition: FieldDefinition, ref: Ref, notices: list[Notice]) -> str:
    """Return the label of an option; one that was deleted since still occurs in old values (facts 1.5)."""
    said = option.get("id", option.get("label")) if isinstance(option, dict) else option
    key = text(said) or ""
    if key in definition.options:
        return definition.options[key]
    if key in definition.options.values():
        return key
    message = f"{ref}: {name} has the option {key}, which the field no longer has; it is taken as text"
    notices.append(Notice(code="unknown-option", message=message, refs=(str(ref),)))
    return key


def _whole(plain: str, name: str, ref: Ref, notices: list[Notice]) -> int | None:
    if plain.isdecimal():
        return int(plain)
    try:
        number = float(plain)
        if number.is_integer():
            return int(number)
    except (ValueError, OverflowError):
        pass
    message = f"{ref}: {name} is not a whole number, so it is taken as empty"
    notices.append(Notice(code="odd-value", message=message, refs=(str(ref),)))
    return None


def option_id(label: str, definition: FieldDefinition) -> int | None:
    """Return the id of the option with this label, in whatever case; None when there is none."""
    wanted = label.strip().casefold()
    for key, shown in definition.options.items():
        if shown.strip().casefold() == wanted and key.isdecimal():
            return int(key)
    return None


def option_ids(labels: str, definition: FieldDefinition) -> Sequence[int] | None:
    """Return the ids of the options in a comma list; None when one of them is unknown."""
    found = [option_id(label, definition) for label in labels.split(",") if label.strip()]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else None
