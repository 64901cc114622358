"""A Pipedrive account as setting up sees it: who uses it, its custom fields, pipelines and webhooks.

No pass uses it: users and webhooks live in API v1, and a pass reads v2 only (semantics 6).
"""

from collections.abc import Iterator
from datetime import datetime

from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import ObjectGone, RemoteUnavailable, Usage
from hermes_sync.remotes.exchange import Answer, Call
from hermes_sync.remotes.pipedrive import account_calls, calls
from hermes_sync.remotes.pipedrive.account_rows import AnyRow, CustomField, Pipeline, Stage, User, Webhook, row, rows
from hermes_sync.remotes.pipedrive.connection import paged
from hermes_sync.remotes.transport import Transport


class PipedriveAccount:
    """One account, asked through the transport to it (`connect_pipedrive`).

    Every method may raise `RemoteUnavailable`, `RemoteDenied` or `RemoteRefused` (semantics 5.5).
    """

    def __init__(self, transport: Transport) -> None:
        self._server_time: datetime | None = None
        self._transport = transport

    @property
    def usage(self) -> Usage:
        """Requests and tokens so far, and what is left of the day."""
        return self._transport.usage

    @property
    def server_time(self) -> datetime | None:
        """The time of the server when it last answered: UTC, whole seconds; None before that."""
        return self._server_time

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def me(self) -> User:
        """Return the user whose key this is."""
        return self._one(User, account_calls.me(), "the user of the key")

    def users(self) -> list[User]:
        """Return all users by id, those who left too."""
        return sorted(self._list(User, [self._send(account_calls.users())]), key=lambda user: user.id)

    def pipelines(self) -> list[Pipeline]:
        """Return the pipelines in the order in which people see them."""
        found = self._list(Pipeline, self._pages(RemoteKind.PIPELINE))
        return sorted(found, key=lambda one: (one.order, one.id))

    def stages(self) -> list[Stage]:
        """Return the stages of all pipelines; those of one pipeline in the order in which people see them."""
        found = self._list(Stage, self._pages(RemoteKind.STAGE))
        return sorted(found, key=lambda one: (one.pipeline_id or 0, one.order, one.id))

    def custom_fields(self, kind: RemoteKind) -> list[CustomField]:
        """Return the custom fields of organizations, persons or deals; built-in ones are left out."""
        pages = paged(self._send, lambda cursor: calls.fields(kind, cursor))
        return [one for one in self._list(CustomField, pages) if one.is_custom]

    def create_field(self, kind: RemoteKind, name: str, type_: str) -> CustomField:
        """Make a custom field and return it with its key."""
        return self._one(CustomField, account_calls.create_field(kind, name, type_), f"the new field {name!r}")

    def webhooks(self) -> list[Webhook]:
        """Return the webhooks that the key may see, by id; those of every user for an admin's."""
        return sorted(self._list(Webhook, [self._send(account_calls.webhooks())]), key=lambda hook: hook.id)

    def create_webhook(
        self, *, url: str, action: str, object_: str, name: str, login: tuple[str, str] | None
    ) -> Webhook:
        """Register a webhook of version 2.0 under the user of the key; `login` is the basic auth that it sends."""
        user, password = login or (None, None)
        auth = {} if user is None else {"http_auth_user": user, "http_auth_password": password}
        body = {
            "subscription_url": url,
            "event_action": action,
            "event_object": object_,
            "version": "2.0",
            "name": name,
            **auth,
        }
        return self._one(Webhook, account_calls.create_webhook(body), f"the new webhook for {object_}")

    def delete_webhook(self, id_: int) -> None:
        """Remove a webhook; one that is gone already is fine."""
        try:
            self._send(account_calls.delete_webhook(id_))
        except ObjectGone:
            return

    def _send(self, call: Call) -> Answer:
        answer = self._transport.send(call)
        self._server_time = answer.server_time or self._server_time
        return answer

    def _one(self, kind: type[AnyRow], call: Call, what: str) -> AnyRow:
        found = row(kind, self._send(call).json.get("data"))
        if found is None:
            raise RemoteUnavailable(f"Pipedrive answered {call} without {what}", perhaps_done=not call.is_read)
        return found

    def _list(self, kind: type[AnyRow], answers: Iterator[Answer] | list[Answer]) -> list[AnyRow]:
        return [one for answer in answers for one in rows(kind, answer.json.get("data"))]

    def _pages(self, kind: RemoteKind) -> Iterator[Answer]:
        return paged(self._send, lambda cursor: calls.page(kind, since=None, archived=False, cursor=cursor))
