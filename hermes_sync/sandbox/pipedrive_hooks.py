"""The webhooks that are registered in the Pipedrive twin: at most 40 a user, dead after 3 days of failures (facts 6).

A webhook whose deliveries all failed for 3 days is switched off and stays listed as inactive, with the time and the
reason; whether the real list still names it is not documented, so what calls must be ready for both.
"""

from urllib.parse import urlsplit

from hermes_sync.sandbox.clock import stamp_of
from hermes_sync.sandbox.exchange import Json, Refusal
from hermes_sync.sandbox.pipedrive_state import API_USER, PipedriveState
from hermes_sync.sandbox.table import Row
from hermes_sync.sandbox.validation import refusal

ACTIONS = ("create", "change", "delete", "*")
OBJECTS = ("activity", "deal", "lead", "note", "organization", "person", "pipeline", "product", "stage", "user", "*")
VERSIONS = ("1.0", "2.0")
MAX_PER_USER = 40
PATIENCE = 3 * 86_400.0
"""Seconds of failures, without one success in between, after which a webhook is switched off."""

REASON = "no successful deliveries on 3 consecutive days"
GOOD = range(200, 300)


def listed(state: PipedriveState) -> list[Row]:
    """Give all webhooks, dead ones too, by id."""
    bury(state)
    return list(state.webhooks.values())


def register(state: PipedriveState, body: Json) -> Row:
    """Make a webhook of a request; what cannot be one is refused with 400."""
    bury(state)
    if not isinstance(body, dict) or not is_address(body.get("subscription_url")):
        raise refusal("Subscription URL is not a valid URL", None)
    action, subject, version = body.get("event_action"), body.get("event_object"), body.get("version", "2.0")
    if action not in ACTIONS or subject not in OBJECTS or version not in VERSIONS:
        raise refusal("Event action, event object or version is not valid", None)
    user_id = body.get("user_id", API_USER)
    if user_id not in state.users:
        raise refusal(f"User {user_id} does not exist", None)
    living = sum(1 for hook in state.webhooks.values() if hook["is_active"] and hook["user_id"] == user_id)
    if living >= MAX_PER_USER:
        raise refusal(f"User {user_id} has {living} webhooks, no more are allowed", None)
    state.last_webhook_id += 1
    row: Row = {
        "id": state.last_webhook_id,
        "company_id": 1,
        "owner_id": API_USER,
        "user_id": user_id,
        "admin_id": user_id,
        "event_action": action,
        "event_object": subject,
        "subscription_url": body["subscription_url"],
        "version": version,
        "type": "general",
        "name": body.get("name"),
        "is_active": 1,
        "add_time": v1_stamp(state.clock.now()),
        "remove_time": None,
        "remove_reason": None,
        "last_delivery_time": None,
        "last_http_status": None,
        "http_auth_user": body.get("http_auth_user"),
        "http_auth_password": body.get("http_auth_password"),
        "additional_data": {},
    }
    state.webhooks[row["id"]] = row
    return row


def remove(state: PipedriveState, text: str) -> None:
    """Delete a webhook by the id in a path; 404 when there is none."""
    found = state.webhooks.pop(int(text), None) if text.isdigit() else None
    if found is None:
        raise Refusal(404, {"success": False, "error": "Webhook not found", "status": "error"})
    state.failing_since.pop(found["id"], None)


def note_delivery(state: PipedriveState, hook_id: int, status: int) -> None:
    """Remember how a delivery ended; `status` is 0 when nobody answered."""
    hook = state.webhooks.get(hook_id)
    if hook is None:
        return
    now = state.clock.now()
    hook.update(last_delivery_time=v1_stamp(now), last_http_status=status or None)
    if status in GOOD:
        state.failing_since.pop(hook_id, None)
    else:
        state.failing_since.setdefault(hook_id, now)


def bury(state: PipedriveState) -> None:
    """Switch off what has failed for too long."""
    now = state.clock.now()
    for hook_id, since in list(state.failing_since.items()):
        if now - since >= PATIENCE:
            del state.failing_since[hook_id]
            dead = {"is_active": 0, "remove_time": v1_stamp(since + PATIENCE), "remove_reason": REASON}
            state.webhooks[hook_id].update(dead)


def is_address(value: Json) -> bool:
    """Whether a JSON value is an address that something can be sent to."""
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname)


def v1_stamp(at: float) -> str:
    """Give a time as API v1 stamps it (facts 1.3)."""
    return stamp_of(at).replace("T", " ").removesuffix("Z")
