"""Pipedrive's webhooks of version 2.0, whose shapes differ from the REST ones (facts 6)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import orjson

from hermes_sync.sandbox.exchange import Json
from hermes_sync.sandbox.fields import CustomField
from hermes_sync.sandbox.pipedrive_hooks import bury
from hermes_sync.sandbox.pipedrive_rows import WITH_CUSTOM_FIELDS
from hermes_sync.sandbox.pipedrive_state import API_USER, Event, PipedriveState
from hermes_sync.sandbox.table import Row
from hermes_sync.sandbox.webhooks import Delivery, Outbox

APP_USER = 98


def queue_event(state: PipedriveState, outbox: Outbox, event: Event, delivered: Callable[[int, int], None]) -> None:
    """Queue an event for every webhook that is registered for it, and for every target set by hand.

    `delivered` is told the id of a registered webhook and the status of each delivery, 0 when nobody answered.
    """
    bury(state)
    hooks = [hook for hook in state.webhooks.values() if wants(hook, event)]
    if not hooks and not outbox.targets:
        return
    body = event_body(state, event)
    label = f"{event.kind} {event.id}"
    for hook in hooks:
        own = {**body, "meta": {**body["meta"], "webhook_id": str(hook["id"])}}
        auth = None
        if hook["http_auth_user"] is not None:
            auth = (hook["http_auth_user"], hook["http_auth_password"] or "")
        raw = orjson.dumps(own)
        told = partial(delivered, hook["id"])
        url = hook["subscription_url"]
        outbox.queue(Delivery(url=url, body=raw, headers={}, label=label, auth=auth, told=told))
    for url in outbox.targets:
        outbox.queue(Delivery(url=url, body=orjson.dumps(body), headers={}, label=label))


def wants(hook: Row, event: Event) -> bool:
    """Whether a registered webhook lives and is about an event."""
    return (
        bool(hook["is_active"])
        and hook["event_action"] in ("*", event.action)
        and hook["event_object"] in ("*", event.kind)
    )


def event_body(state: PipedriveState, event: Event) -> Row:
    """Give the body of an event: what it is now, and what changed."""
    after = None if event.after is None else webhook_row(state, event.kind, event.after)
    before = None if event.before is None else webhook_row(state, event.kind, event.before)
    if after is not None and before is not None:
        before = changed_only(before, after)
    meta: dict[str, Json] = {
        "action": event.action,
        "company_id": "1",
        "correlation_id": str(uuid.uuid4()),
        "entity_id": str(event.id),
        "entity": event.kind,
        "id": str(uuid.uuid4()),
        "is_bulk_edit": False,
        "timestamp": milliseconds(state.clock.now()),
        "type": "general",
        "user_id": str(API_USER if event.source == "api" else APP_USER),
        "version": "2.0",
        "webhook_id": "0",
        "webhook_owner_id": str(API_USER),
        "change_source": event.source,
        "attempt": 1,
        "host": "acme.pipedrive.com",
        "permitted_user_ids": [str(user_id) for user_id in state.users],
    }
    if event.merged_to is not None:
        meta["merged_to_id"] = str(event.merged_to)
    if event.merged_from is not None:
        meta["merged_from_id"] = str(event.merged_from)
    return {"data": after, "previous": before, "meta": meta}


def changed_only(before: Row, after: Row) -> Row:
    """Give the old values of what changed, custom fields one by one."""
    changed = {key: value for key, value in before.items() if after.get(key) != value}
    if "custom_fields" in changed:
        old, new = before["custom_fields"], after["custom_fields"]
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        changed["custom_fields"] = {key: old.get(key) for key in keys}
    return changed


def webhook_row(state: PipedriveState, kind: str, row: Row) -> Row:
    """Give a record in the webhooks' shape."""
    shown = {key: value for key, value in row.items() if key != "is_deleted"}
    if "visible_to" in shown:
        shown["visible_to"] = str(shown["visible_to"])
    if kind in WITH_CUSTOM_FIELDS:
        fields = state.fields[kind]
        values = {key: value for key, value in row["custom_fields"].items() if key in fields}
        shown["custom_fields"] = {key: typed(fields[key], value) for key, value in values.items()}
    if kind in ("organization", "person"):
        shown["label"] = None
    if kind == "organization":
        shown["country_code"] = None
    if kind == "activity":
        for key in ("due_time", "duration"):
            shown[key] = {"timezone_id": None, "value": row[key] or ""}
    return shown


def typed(field: CustomField, value: Json) -> Json:
    """Give a custom value as webhooks do: an object that names its type."""
    if value is None:
        return None
    match field.type:
        case "enum" | "user" | "org" | "people":
            return {"type": field.type, "id": value}
        case "set":
            return {"type": "set", "values": [{"id": one} for one in value]}
        case "daterange" | "timerange":
            times = {"from": value["value"], "until": value["until"]}
            return {"type": field.type, **times}
        case "monetary" | "address" | "time":
            return {"type": field.type, **value}
        case _:
            return {"type": field.type, "value": value}


def milliseconds(at: float) -> str:
    """Give a time as webhooks stamp it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
