"""The account's own words: which custom fields it has and of what type (semantics 3)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypeAlias

from hermes_sync.core.records import RemoteKind
from hermes_sync.cycle.reader import LISTED, Reader, is_due
from hermes_sync.ports import FieldDefinitions, RemoteRefused, RemoteUnavailable
from hermes_sync.store import DOUBTED

FieldMap: TypeAlias = Mapping[RemoteKind, Mapping[str, str]]
"""Hermes name → key of the custom field, by kind, as the config maps them."""
FIELDS_LAST: Final = timedelta(days=1)
"""How long the account's field metadata is taken as true (semantics 3: "once a day")."""


def learn_fields(reader: Reader, fields: FieldMap) -> None:
    """Read field metadata that is missing or doubted, and at most one kind older than a day (8 requests a pass).

    Before a complete read it is read anew: a field that is gone would seem empty in every object there.
    """
    now = reader.clock.now()
    known = reader.store.field_definitions()
    reader.pipedrive.know({kind: definitions for kind, (_, definitions) in known.items()})
    mapped = [kind for kind in LISTED if fields.get(kind)]
    wanted = {kind for kind in mapped if kind not in known or known[kind][0] == DOUBTED}
    missing = [kind for kind in mapped if kind in wanted or reader.is_complete(kind)]
    stale = [kind for kind in mapped if kind not in missing and is_due(known[kind][0], FIELDS_LAST, now)]
    oldest = [] if reader.scope.hinted_only else sorted(stale, key=lambda kind: known[kind][0])[:1]
    for kind in (*missing, *oldest):
        try:
            reader.pulled.definitions[kind] = dict(reader.pipedrive.read_definitions(kind))
        except (RemoteRefused, RemoteUnavailable) as error:
            message = f"the metadata of {kind} fields can't be read ({error}): values are taken as they come"
            reader.say("no-field-metadata", message)
            break  # if Pipedrive is away, the read that follows says so
    fresh = {kind: definitions for kind, (_, definitions) in known.items()} | reader.pulled.definitions
    reader.pipedrive.know(fresh)
    _disable_gone_fields(reader, fields, fresh)


def _disable_gone_fields(reader: Reader, fields: FieldMap, fresh: FieldDefinitions) -> None:
    """Stop syncing a mapped field that the account does not have: empty would be taken for cleared.

    Metadata that knows none of a kind's fields is itself what is wrong, and disables nothing.
    """
    for kind, definitions in fresh.items():
        mapped = fields.get(kind, {})
        for name, key in mapped.items():
            if key not in definitions and definitions.keys() & set(mapped.values()):
                reader.pulled.disabled.setdefault(kind, set()).add(name)
                message = (
                    f"Pipedrive has no {kind} field {key}: {name} is not synced until "
                    f"[pipedrive.fields.{kind}] names one that is there"
                )
                reader.say("field-gone", message)
