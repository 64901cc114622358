"""What Google is asked, as values (facts 10): a token for one mailbox, when it is busy, and an event in it.

A call of the calendar carries the token of the admin whose mailbox it speaks of.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from hermes_sync.core.availability import Span
from hermes_sync.core.objects import Admin
from hermes_sync.ports import CalendarEvent
from hermes_sync.remotes.exchange import Call
from hermes_sync.remotes.stamps import rfc_3339

AUDIENCE: Final = "https://oauth2.googleapis.com/token"
"""Whom an assertion is for: Google, whatever address it is sent to."""
SCOPE: Final = "https://www.googleapis.com/auth/calendar"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTED_FOR: Final = timedelta(hours=1)
"""How long an assertion is good; Google takes no more."""

LONGEST_ASKED: Final = timedelta(days=60)
"""Google refuses to look at more than about 90 days at once."""
MARGIN: Final = timedelta(minutes=1)
"""Asked for on both ends too, because what only touches the stretch counts as busy (semantics 7), not with Google."""


def claims(service_account: str, mailbox: str, now: datetime) -> dict[str, object]:
    """Return what the service account asserts, so that it may act for a mailbox."""
    seconds = int(now.timestamp())
    return {
        "iss": service_account,
        "sub": mailbox,
        "scope": SCOPE,
        "aud": AUDIENCE,
        "iat": seconds,
        "exp": seconds + int(ASSERTED_FOR.total_seconds()),
    }


def token(path: str, assertion: str) -> Call:
    """Build the call that gets a token for an assertion."""
    return Call(method="POST", path=path, form={"grant_type": GRANT, "assertion": assertion}, secret=assertion)


def stretches(within: Span) -> Iterator[Span]:
    """Yield what to ask for, so that everything that overlaps or touches a span is told; nothing of an empty one."""
    if within.start > within.end:
        return
    start, end = within.start - MARGIN, within.end + MARGIN
    while start < end:
        until = min(end, start + LONGEST_ASKED)
        yield Span(start, until)
        start = until


def free_busy(mailbox: str, within: Span, bearer: str) -> Call:
    """Build the call that tells when a mailbox is busy."""
    body = {
        "timeMin": rfc_3339(within.start),
        "timeMax": rfc_3339(within.end),
        "timeZone": "UTC",
        "items": [{"id": mailbox}],
    }
    return Call(method="POST", path="/calendar/v3/freeBusy", body=body, headers=_headers(bearer), secret=bearer)


def insert(admin: Admin, event: CalendarEvent, bearer: str) -> Call:
    """Build the call that makes an event under its own id, with a Meet link, and invites who attends.

    It may be repeated: a second event with the same id is refused with 409.
    """
    body = {
        "id": event.id,
        "summary": event.summary,
        "description": event.description,
        "start": {"dateTime": rfc_3339(event.span.start), "timeZone": admin.timezone},
        "end": {"dateTime": rfc_3339(event.span.end), "timeZone": admin.timezone},
        "attendees": [{"email": email} for email in event.attendees],
        "reminders": {"useDefault": True},
        "conferenceData": {
            "createRequest": {"requestId": event.id, "conferenceSolutionKey": {"type": "hangoutsMeet"}},
        },
    }
    return Call(
        method="POST",
        path=f"/calendar/v3/calendars/{quote(admin.email, safe='')}/events",
        shown="/calendar/v3/calendars/…/events",
        query={"conferenceDataVersion": "1", "sendUpdates": "all"},
        body=body,
        headers=_headers(bearer),
        secret=bearer,
    )


def _headers(bearer: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {bearer}"}
