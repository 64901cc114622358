"""What a Pipedrive account is asked about itself, as values: users, webhooks (v1), fields (v2; facts 6, 7)."""

from collections.abc import Mapping
from typing import Final

from hermes_sync.core.records import RemoteKind
from hermes_sync.remotes.exchange import Call
from hermes_sync.remotes.pipedrive import calls

ROOT: Final = "/api/v1"
_ME, _USERS, _WEBHOOKS, _DELETE = 2, 20, 10, 6
"""Tokens (facts 5)."""


def me() -> Call:
    """Build the call for the user whose key this is."""
    return Call(method="GET", path=f"{ROOT}/users/me", tokens=_ME)


def users() -> Call:
    """Build the call for all users, in one page."""
    return Call(method="GET", path=f"{ROOT}/users", tokens=_USERS)


def webhooks() -> Call:
    """Build the call for all webhooks, in one page."""
    return Call(method="GET", path=f"{ROOT}/webhooks", tokens=_WEBHOOKS)


def create_webhook(body: Mapping[str, object]) -> Call:
    """Build the call that registers a webhook; a repetition would register a second one."""
    return Call(method="POST", path=f"{ROOT}/webhooks", body=body, tokens=_WEBHOOKS, creates=True)


def delete_webhook(id_: int) -> Call:
    """Build the call that removes a webhook."""
    return Call(method="DELETE", path=f"{ROOT}/webhooks/{id_}", tokens=_DELETE, names_object=True)


def create_field(kind: RemoteKind, name: str, type_: str) -> Call:
    """Build the call for a new custom field; names are not unique, so a repetition would make a second one."""
    body = {"field_name": name, "field_type": type_}
    path = calls.fields(kind, None).path
    return Call(method="POST", path=path, body=body, tokens=calls.WRITE_TOKENS, creates=True)
