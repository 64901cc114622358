"""The Google twin as tests and curious people hold it: the three calls that a booking makes, behind real HTTP.

It is one server for the token endpoint (`/token`) and for the calendars (`/calendar/v3/…`).
"""

import contextlib
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

from hermes_sync.sandbox.clock import TwinClock, seconds_of
from hermes_sync.sandbox.exchange import Answer, ControlError, Incoming, Json, parse_body
from hermes_sync.sandbox.faults import Fault
from hermes_sync.sandbox.google_account import ServiceAccount
from hermes_sync.sandbox.google_app import GoogleApp, Mailbox, is_on, refusal
from hermes_sync.sandbox.server import Twin

MAILBOXES = ("ada@example.com", "grace@example.com")
"""The admins of the config that a sandbox prints."""

Moment = float | datetime | str


def limit_fault(reason: str = "rateLimitExceeded", **matcher: Json) -> Fault:
    """Make the fault of a 403 that Google answers over a limit."""
    payload = refusal(403, reason, "Rate Limit Exceeded").payload
    return Fault(effect="status", status=403, body=payload, **matcher)


class GoogleTwin(Twin):
    """The mailboxes of one Google Workspace, and a service account that may act for them."""

    name = "google"

    def __init__(self, clock: TwinClock, *, fault_rate: float = 0.0, latency_ms: float = 0.0) -> None:
        """Start with the mailboxes of the default admins, nothing in them."""
        super().__init__(clock, fault_rate=fault_rate, latency_ms=latency_ms)
        self.account = ServiceAccount(clock)
        self.reset()

    def reset(self) -> None:
        """Go back to empty mailboxes; the key stays."""
        with self.lock:
            self.mailboxes = {email: Mailbox() for email in MAILBOXES}
            self.account.delegated = set(MAILBOXES)
            self.account.revoke_tokens()
            self.app = GoogleApp(self.account, self.mailboxes, self.clock)
            self.log.clear()

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request of the API."""
        return self.app.answer(incoming)

    def parsed(self, path: str, raw: bytes) -> Json:
        """Parse a body: a form for a token, else JSON."""
        return dict(parse_qsl(raw.decode(errors="replace"))) if path == "/token" else parse_body(raw)

    def spoiled_list(self, payload: Json, keep: float) -> Json:
        """Give an answer to freeBusy that knows of no or fewer busy times."""
        for one in payload.get("calendars", {}).values():
            one["busy"] = one["busy"][: int(len(one["busy"]) * keep)]
        return payload

    @contextlib.contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:  # noqa: ARG002 - no lag is known
        """Google's free/busy is not known to lag."""
        yield

    def key_file(self, folder: Path) -> Path:
        """Write the key file of the service account into a folder and give its path."""
        return self.account.write_key_file(folder / "google-service-account.json")

    def settings(self, key_file: Path) -> dict[str, Json]:
        """Give the keys of [callbooker] that lead here."""
        return {
            "calendar": "google",
            "google_service_account": str(key_file),
            "google_base_url": self.url,
            "google_token_url": f"{self.url}/token",
        }

    # What people do

    def add_mailbox(self, email: str, *, is_delegated: bool = True) -> None:
        """Add a mailbox; the service account may act for it if it `is_delegated`."""
        with self.lock:
            self.mailboxes.setdefault(email, Mailbox())
            if is_delegated:
                self.account.delegated.add(email)

    def remove_calendar(self, email: str) -> None:
        """Take a calendar away, so that nobody finds it; a token for the mailbox is still given."""
        with self.lock:
            self._mailbox(email)
            del self.mailboxes[email]

    def withdraw(self, email: str) -> None:
        """Let the service account not act for a mailbox any more."""
        with self.lock:
            self.account.delegated.discard(email)

    def break_calendar(self, email: str, reason: str | None = "internalError") -> None:
        """Let nobody look into a calendar, for this reason; None mends it."""
        with self.lock:
            self._mailbox(email).error = reason

    def make_busy(self, email: str, start: Moment, end: Moment) -> None:
        """Keep somebody busy from start to end, with something that is no concern of ours."""
        with self.lock:
            stretch = (_instant(start), _instant(end))
            if stretch[1] <= stretch[0]:
                raise ControlError("what keeps somebody busy in the Google twin ends after it starts")
            self._mailbox(email).busy.append(stretch)

    def cancel_event(self, email: str, event_id: str) -> None:
        """Delete an event; its id stays taken, as with Google."""
        with self.lock:
            self._mailbox(email).events[event_id]["status"] = "cancelled"

    def events(self, email: str) -> list[Json]:
        """Give the events of a mailbox that are to take place, in the order in which they were made."""
        with self.lock:
            return deepcopy([one for one in self._mailbox(email).events.values() if is_on(one)])

    def invitations(self) -> list[list[str]]:
        """Give every invitation that was sent: the event's id and to whom."""
        with self.lock:
            return [list(one) for one in self.app.invitations]

    def revoke_tokens(self) -> None:
        """End all tokens that are out."""
        with self.lock:
            self.account.revoke_tokens()

    def _mailbox(self, email: str) -> Mailbox:
        if email not in self.mailboxes:
            raise ControlError(f"no calendar of {email} in the Google twin")
        return self.mailboxes[email]


def _instant(at: Moment) -> datetime:
    return datetime.fromtimestamp(seconds_of(at), UTC)
