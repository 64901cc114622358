"""Google's JSON and key files, checked; whatever is not as documented is no answer (facts 10)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hermes_sync.core.availability import Span
from hermes_sync.core.objects import Admin

LONGEST_TOKEN: Final = 3600
"""Seconds; no token of a service account lasts longer, whatever an answer says."""


class NoCalendar(ValueError):
    """The answer is in order and says that this calendar can't be read."""


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be a time written as text")  # noqa: TRY004  # pydantic takes ValueError
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("must be a time with its zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a time that the calendar knows") from None


Instant = Annotated[datetime, BeforeValidator(_instant)]


class _Part(BaseModel):
    """A part of an answer; keys that are not read are ignored, and no message shows a value."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class KeyFile(_Part):
    """The key file of a service account, as Google's console gives it out."""

    type: Literal["service_account"]
    client_email: Annotated[str, Field(min_length=1)]
    private_key: Annotated[str, Field(min_length=1, repr=False)]
    private_key_id: Annotated[str, Field(min_length=1)]


class TokenPart(_Part):
    """A token and how many seconds it lasts; it goes into a header, so that no odd character may be in it."""

    access_token: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,4096}$", repr=False)]
    expires_in: Annotated[int, Field(ge=1)]

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return min(self.expires_in, LONGEST_TOKEN)


class BusyPart(_Part):
    """A stretch of time in which somebody is busy."""

    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.end < self.start:
            raise ValueError("ends before it starts")
        return self


class ErrorPart(_Part):
    """Why a calendar can't be read."""

    reason: str = "unknown"


class CalendarPart(_Part):
    """What is said of one calendar; with errors, whatever it says of busy times is not true (facts 10)."""

    errors: tuple[ErrorPart, ...] = ()
    busy: tuple[BusyPart, ...] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.errors and self.busy is None:
            raise ValueError("says neither when it is busy nor why not")
        return self


class FreeBusyPart(_Part):
    """The answer to freeBusy."""

    calendars: dict[str, CalendarPart]


class EventPart(_Part):
    """The event that was made."""

    id: str


def busy_of(admin: Admin, json: dict[str, Any]) -> list[Span]:
    """Return when an admin is busy.

    Raises `NoCalendar` when Google could not tell, and pydantic's `ValidationError` for what is no answer.
    """
    said = FreeBusyPart.model_validate(json).calendars.get(admin.email)
    if said is None:
        raise NoCalendar("the answer says nothing of this calendar")
    if said.errors or said.busy is None:
        reasons = ", ".join(one.reason[:40] for one in said.errors)
        raise NoCalendar(f"Google can't look into this calendar: {reasons}")
    return [Span(one.start, one.end) for one in said.busy]
