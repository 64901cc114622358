"""What Pipedrive's API v2 is asked, as values: path, query, body and what it costs (facts 1, 4, 5).

https://developers.pipedrive.com/docs/api/v1 has the same paths under "API v2".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from hermes_sync.core.records import RemoteKind
from hermes_sync.remotes.exchange import Call
from hermes_sync.remotes.stamps import rfc_3339

ROOT: Final = "/api/v2"
LIMIT: Final = 500
"""Rows a page: the most there is, because a page costs the same whatever its length."""
IDS: Final = 100
"""The most ids that one call may name."""

_PATHS: Final[Mapping[RemoteKind, str]] = {
    RemoteKind.PIPELINE: f"{ROOT}/pipelines",
    RemoteKind.STAGE: f"{ROOT}/stages",
    RemoteKind.ORGANIZATION: f"{ROOT}/organizations",
    RemoteKind.PERSON: f"{ROOT}/persons",
    RemoteKind.DEAL: f"{ROOT}/deals",
    RemoteKind.ACTIVITY: f"{ROOT}/activities",
}
_FIELD_PATHS: Final[Mapping[RemoteKind, str]] = {
    RemoteKind.ORGANIZATION: f"{ROOT}/organizationFields",
    RemoteKind.PERSON: f"{ROOT}/personFields",
    RemoteKind.DEAL: f"{ROOT}/dealFields",
}
_WHOLE: Final = frozenset({RemoteKind.PIPELINE, RemoteKind.STAGE})
"""Read whole: they refuse `updated_since` (facts 1.1)."""

_LIST, _SMALL_LIST, _ARCHIVED_LIST, _ONE, WRITE_TOKENS, _SEARCH = 10, 5, 20, 1, 5, 20
"""Tokens (facts 5)."""

_EVERY_STATUS: Final = "open,won,lost,deleted"
"""Without it the list leaves deleted deals out; with it they come for 30 days (facts 2)."""


def page(kind: RemoteKind, *, since: datetime | None, archived: bool, cursor: str | None) -> Call:
    """Build the call for one page of a list, by id, so that no object that exists throughout is skipped (facts 1.2)."""
    query = {"limit": str(LIMIT), "sort_by": "id", "sort_direction": "asc"}
    if since is not None and kind not in _WHOLE:
        query["updated_since"] = rfc_3339(since)  # fractions of a second are refused (facts 0.1)
    if kind is RemoteKind.DEAL:
        query["status"] = _EVERY_STATUS
    if cursor is not None:
        query["cursor"] = cursor
    path, tokens = _PATHS[kind], _SMALL_LIST if kind in _WHOLE else _LIST
    if archived:
        path, tokens = f"{path}/archived", _ARCHIVED_LIST
    return Call(method="GET", path=path, query=query, tokens=tokens)


def one(kind: RemoteKind, id_: int) -> Call:
    """Build the call for one object by its id."""
    return Call(method="GET", path=f"{_PATHS[kind]}/{id_}", tokens=_ONE, names_object=True)


def some(kind: RemoteKind, ids: Sequence[int]) -> Call:
    """Build the call for up to 100 objects by their ids; unknown and deleted ones are not answered (facts 1.1)."""
    query = {"ids": ",".join(map(str, ids)), "limit": str(IDS)}
    if kind is RemoteKind.DEAL:
        query["status"] = _EVERY_STATUS
    return Call(method="GET", path=_PATHS[kind], query=query, tokens=_LIST)


def activities(of: str, id_: int, cursor: str | None) -> Call:
    """Build the call for one page of the activities of a deal, Person or Org; `of` is the key that names it."""
    query = {of: str(id_), "limit": str(LIMIT), "sort_by": "id", "sort_direction": "asc"}
    if cursor is not None:
        query["cursor"] = cursor
    return Call(method="GET", path=_PATHS[RemoteKind.ACTIVITY], query=query, tokens=_LIST)


def search(kind: RemoteKind, term: str, cursor: str | None) -> Call:
    """Build the search for objects that have exactly this value in any custom field (facts 4.2)."""
    query = {"term": term, "fields": "custom_fields", "exact_match": "true", "limit": str(LIMIT)}
    if cursor is not None:
        query["cursor"] = cursor
    return Call(method="GET", path=f"{_PATHS[kind]}/search", query=query, tokens=_SEARCH, is_search=True)


def fields(kind: RemoteKind, cursor: str | None) -> Call:
    """Build the call for one page of the field metadata of a kind (facts 7)."""
    query = {"limit": str(LIMIT)}
    if cursor is not None:
        query["cursor"] = cursor
    return Call(method="GET", path=_FIELD_PATHS[kind], query=query, tokens=_LIST)


def create(kind: RemoteKind, body: Mapping[str, object]) -> Call:
    """Build the call for a new object. There is no idempotency key: a repetition makes a second one (facts 4.1)."""
    return Call(method="POST", path=_PATHS[kind], body=body, tokens=WRITE_TOKENS, creates=True)


def change(kind: RemoteKind, id_: int, body: Mapping[str, object]) -> Call:
    """Build the call that gives new values to some fields of an object; the others stay as they are (facts 4.1)."""
    return Call(method="PATCH", path=f"{_PATHS[kind]}/{id_}", body=body, tokens=WRITE_TOKENS, names_object=True)
