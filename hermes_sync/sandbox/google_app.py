"""The endpoints of the Google twin: token, freeBusy and insert (facts 10)."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Answer, Incoming, Json, Refusal, json_answer
from hermes_sync.sandbox.google_account import ServiceAccount

EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LONGEST = timedelta(days=90)
EVENTS = re.compile(r"/calendar/v3/calendars/([^/]+)/events")

Stretch = tuple[datetime, datetime]


def refusal(status: int, reason: str, message: str) -> Refusal:
    """Make a refusal as Google's APIs word it."""
    listed = [{"domain": "global", "reason": reason, "message": message}]
    return Refusal(status, {"error": {"errors": listed, "code": status, "message": message}})


@dataclass(slots=True)
class Mailbox:
    """The calendar of one mailbox; `error` is the reason why nobody can look into it."""

    events: dict[str, Json] = field(default_factory=dict)
    busy: list[Stretch] = field(default_factory=list)
    error: str | None = None

    def taken(self) -> list[Stretch]:
        """Give when its owner is busy, in order, those that overlap or touch made one."""
        events = [(moment(one["start"]), moment(one["end"])) for one in self.events.values() if is_on(one)]
        joined: list[Stretch] = []
        for start, end in sorted([*self.busy, *events]):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined


def is_on(event: Json) -> bool:
    """Whether an event is to take place."""
    return bool(event["status"] != "cancelled")


def moment(said: Json, name: str = "time") -> datetime:
    """Give the instant of an event's start or end, or of a text."""
    text = said.get("dateTime") if isinstance(said, dict) else said
    if not isinstance(text, str) or RFC_3339.fullmatch(text) is None:
        raise refusal(400, "badRequest" if text else "required", f"Missing or bad {name}.")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusal(400, "badRequest", f"Bad {name}.") from None


def stamp(at: datetime) -> str:
    """Give an instant as Google writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class GoogleApp:
    """Answers requests from the mailboxes."""

    def __init__(self, account: ServiceAccount, mailboxes: dict[str, Mailbox], clock: TwinClock) -> None:
        """Serve these mailboxes."""
        self.account = account
        self.mailboxes = mailboxes
        self.clock = clock
        self.invitations: list[tuple[str, str]] = []

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request; refusals become answers too."""
        try:
            return json_answer(self._answer(incoming))
        except Refusal as refused:
            return json_answer(refused.payload, refused.status, refused.headers)

    def _answer(self, incoming: Incoming) -> Json:
        if incoming.method == "POST" and incoming.path == "/token":
            return self.account.token_for(incoming.body)
        mailbox = self.account.mailbox_of(incoming.headers.get("authorization", ""))
        if mailbox is None:
            raise refusal(401, "authError", "Invalid Credentials")
        events = EVENTS.fullmatch(incoming.path)
        if incoming.method == "POST" and incoming.path == "/calendar/v3/freeBusy":
            return self._free_busy(incoming.body)
        if incoming.method == "POST" and events is not None:
            return self._insert(mailbox, unquote(events[1]), incoming.query, incoming.body)
        raise refusal(404, "notFound", "Not Found")

    # freeBusy

    def _free_busy(self, body: Json) -> Json:
        if not isinstance(body, dict) or not isinstance(body.get("items"), list):
            raise refusal(400, "required", "Missing items.")
        start, end = moment(body.get("timeMin"), "timeMin"), moment(body.get("timeMax"), "timeMax")
        if end <= start:
            raise refusal(400, "timeRangeEmpty", "The specified time range is empty.")
        if end - start > LONGEST:
            raise refusal(400, "timeRangeTooLong", "The requested time range is too long.")
        ids = [str(one.get("id")) for one in body["items"] if isinstance(one, dict)]
        return {
            "kind": "calendar#freeBusy",
            "timeMin": stamp(start),
            "timeMax": stamp(end),
            "calendars": {id_: self._calendar(id_, start, end) for id_ in ids},
        }

    def _calendar(self, id_: str, start: datetime, end: datetime) -> Json:
        mailbox = self.mailboxes.get(id_)
        error = "notFound" if mailbox is None else mailbox.error
        if mailbox is None or error is not None:
            return {"errors": [{"domain": "global", "reason": error}], "busy": []}
        # The end of a stretch is not part of it, neither of what was asked for nor of what is taken.
        seen = (
            (max(begin, start), min(until, end)) for begin, until in mailbox.taken() if begin < end and until > start
        )
        return {"busy": [{"start": stamp(begin), "end": stamp(until)} for begin, until in seen]}

    # insert

    def _insert(self, owner: str, calendar: str, query: dict[str, str], body: Json) -> Json:
        if (owner if calendar == "primary" else calendar) != owner:
            raise refusal(403, "forbidden", "Forbidden")
        mailbox = self.mailboxes.get(owner)
        if mailbox is None:
            raise refusal(404, "notFound", "Not Found")
        if mailbox.error is not None:
            raise refusal(500, "backendError", "Backend Error")
        event = self._event(owner, body)
        if event["id"] in mailbox.events:
            raise refusal(409, "duplicate", "The requested identifier already exists.")
        wanted = query.get("conferenceDataVersion") == "1" and body.get("conferenceData", {}).get("createRequest")
        if wanted:
            event["hangoutLink"] = f"https://meet.google.com/{event['id'][:10]}"
            event["conferenceData"] = {"createRequest": {**wanted, "status": {"statusCode": "success"}}}
        mailbox.events[event["id"]] = event
        if query.get("sendUpdates") == "all":
            self.invitations += [(event["id"], one["email"]) for one in event["attendees"]]
        return event

    def _event(self, owner: str, body: Json) -> dict[str, Json]:
        if not isinstance(body, dict):
            raise refusal(400, "parseError", "Parse Error")
        id_ = body.get("id") or f"made{int(self.clock.now() * 1000)}"
        if not isinstance(id_, str) or EVENT_ID.fullmatch(id_) is None:
            raise refusal(400, "invalid", "Invalid resource id value.")
        if moment(body.get("end"), "end time") < moment(body.get("start"), "start time"):
            raise refusal(400, "timeRangeEmpty", "The specified time range is empty.")
        for end in ("start", "end"):
            _check_zone(body[end].get("timeZone", "UTC"))
        attendees = body.get("attendees", [])
        if not all(isinstance(one, dict) and "@" in str(one.get("email")) for one in attendees):
            raise refusal(400, "invalid", "Invalid attendee email.")
        kept = {key: body[key] for key in ("summary", "description", "start", "end", "reminders") if key in body}
        made = stamp(datetime.fromtimestamp(self.clock.now(), UTC))
        shared = {"kind": "calendar#event", "status": "confirmed", "created": made, "updated": made}
        return {**shared, **kept, "id": id_, "organizer": {"email": owner, "self": True}, "attendees": attendees}


def _check_zone(name: Json) -> None:
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refusal(400, "invalid", "Invalid time zone definition.") from None
