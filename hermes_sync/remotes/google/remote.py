"""Google Calendar as a booking sees it: when an admin is busy, and the event of a call.

Somebody waits for every answer. So everything that a question takes (a token, tries, waits between them) is over
after `PATIENCE`, and whatever is not a clear answer is `CalendarUnavailable`: the admin counts as busy (semantics 7).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from hermes_sync.core.availability import Span
from hermes_sync.core.objects import Admin
from hermes_sync.ports import (
    CalendarEvent,
    CalendarUnavailable,
    Clock,
    ConfigError,
    RemoteError,
    RemoteRefused,
    RemoteUnavailable,
)
from hermes_sync.remotes.exchange import UNAUTHORIZED, Answer, Call, Site
from hermes_sync.remotes.google import calls, wire
from hermes_sync.remotes.google.account import ServiceAccount, Tokens
from hermes_sync.remotes.google.answers import judge
from hermes_sync.remotes.limits import Window
from hermes_sync.remotes.odd import why_invalid
from hermes_sync.remotes.transport import Retries, Transport, Wire, shown

PATIENCE: Final = 10.0
"""Seconds that a booking waits for one answer of the calendar, whatever happens."""
TIMEOUT: Final = 5.0
"""Seconds that one step of one try may take."""
RETRIES: Final = Retries(attempts=3, base=0.4, longest=3.0)
PER_SECOND: Final = 100
"""Google's own limits (per minute and mailbox) are higher in the long run, and said by its answers."""
CONFLICT: Final = 409

Make = Callable[[str], Call]
"""Builds a call with a token in it."""


class GoogleCalendar:
    """The calendars of the admins in Google; implements `ports.Calendar`. Several threads may share one.

    Raises `ConfigError` for a key file that is none and for addresses that are none.
    """

    def __init__(
        self, *, key_file: Path, base_url: str, token_url: str, clock: Clock, wire: Wire | None = None
    ) -> None:
        self._clock = clock
        account = ServiceAccount(key_file)
        token_base, path = _split(token_url)
        self._token_server = _transport(token_base, "google_token_url", clock, wire)
        self._calendars = _transport(base_url, "google_base_url", clock, wire)
        self._tokens = Tokens(account, self._token_server, path, clock)

    def close(self) -> None:
        """Close the connections."""
        self._token_server.close()
        self._calendars.close()

    def busy(self, admin: Admin, within: Span) -> list[Span]:
        """Return when an admin is busy, also what only touches `within`.

        Raises `CalendarUnavailable` when that can't be known.
        """
        until = self._clock.monotonic() + PATIENCE
        try:
            return [one for asked in calls.stretches(within) for one in self._busy(admin, asked, until)]
        except RemoteError as error:
            raise CalendarUnavailable(_unread(admin, error), perhaps_done=False) from error

    def insert(self, admin: Admin, event: CalendarEvent) -> None:
        """Make an event and invite its attendees; one that is there already is left as it is.

        Raises `CalendarUnavailable` when it was not made, or perhaps not.
        """
        until = self._clock.monotonic() + PATIENCE
        try:
            answer = self._ask(admin, lambda bearer: calls.insert(admin, event, bearer), until)
            made = wire.EventPart.model_validate(answer.json).id
        except ValidationError as error:
            raise CalendarUnavailable(_unwritten(admin, why_invalid(error)), perhaps_done=True) from error
        except RemoteRefused as error:
            if error.status != CONFLICT:
                raise CalendarUnavailable(_unwritten(admin, error), perhaps_done=False) from error
        except RemoteError as error:
            perhaps = isinstance(error, RemoteUnavailable) and error.perhaps_done
            raise CalendarUnavailable(_unwritten(admin, error), perhaps_done=perhaps) from error
        else:
            if made != event.id:
                raise CalendarUnavailable(_unwritten(admin, "the answer speaks of another event"), perhaps_done=True)

    def _busy(self, admin: Admin, within: Span, until: float) -> list[Span]:
        answer = self._ask(admin, lambda bearer: calls.free_busy(admin.email, within, bearer), until)
        try:
            return wire.busy_of(admin, answer.json)
        except ValidationError as error:
            raise RemoteUnavailable(f"the answer can't be understood: {why_invalid(error)}") from error
        except wire.NoCalendar as error:
            raise RemoteUnavailable(str(error)) from error

    def _ask(self, admin: Admin, make: Make, until: float) -> Answer:
        """Carry out a call with the admin's token; with a new one, if the one that was kept is not accepted."""
        bearer = self._token(admin, until)
        try:
            return self._calendars.send(make(bearer), until=until)
        except RemoteRefused as error:
            if error.status != UNAUTHORIZED:
                raise
            self._tokens.forget(admin, bearer)
        return self._calendars.send(make(self._token(admin, until)), until=until)

    def _token(self, admin: Admin, until: float) -> str:
        try:
            return self._tokens.of(admin, until)
        except RemoteUnavailable as error:
            # A token that was perhaps given makes no event.
            raise RemoteUnavailable(str(error)) from error
        except RemoteRefused as error:
            raise RemoteUnavailable(
                f"{error}. Let the service account act for the mailboxes of the admins, by domain-wide delegation of "
                f"the scope {calls.SCOPE}, and check the admin's e-mail and the clock of this machine"
            ) from error


def _split(url: str) -> tuple[str, str]:
    """Return an address as its host and its path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConfigError(f"callbooker.google_token_url is not an address of the web: {shown(url)}") from None
    return urlunsplit((parts.scheme, parts.netloc, "", "", "")), urlunsplit(
        ("", "", parts.path, parts.query, "")
    ) or "/"


def _transport(base_url: str, url_name: str, clock: Clock, wire: Wire | None) -> Transport:
    return Transport(
        site=Site(
            name="Google",
            section="callbooker",
            base_url=shown(base_url),
            key_name="google_service_account",
            url_name=url_name,
        ),
        base_url=base_url,
        headers={},
        secret="",
        clock=clock,
        retries=RETRIES,
        timeout=TIMEOUT,
        window=Window(PER_SECOND, 1.0),
        judge=judge,
        is_awaited=True,
        wire=wire,
    )


def _unread(admin: Admin, why: object) -> str:
    return f"the calendar of admin {admin.id} can't be read: {why}"


def _unwritten(admin: Admin, why: object) -> str:
    return f"no event was made in the calendar of admin {admin.id}: {why}"
