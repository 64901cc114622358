"""What people send to book a call, checked for form: JSON of the website or options of the command line.

A form refuses what can never be right (422 over HTTP, a usage error at the command line): wrong types, missing keys,
names in which nothing is to be seen, texts beyond `LONGEST`, control characters, times that have passed, unknown price
plans. Invisible characters inside a text are dropped (`texts`). A website, an income or a currency that cannot be true
loses no caller: it is left out, with a notice (`plausible`). Whether an admin or a Company exists and whether the slot
is free is for the `Booker` to say (400). What a website sends beyond the form is not looked at. Every message is ours
(`complaints`), and none repeats what was sent.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final, TypeVar

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)

from hermes_sync.booking import plausible
from hermes_sync.booking.complaints import problem
from hermes_sync.booking.texts import legible
from hermes_sync.core.availability import LONGEST as LONGEST_STRETCH
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking, CallType
from hermes_sync.core.values import phone_key
from hermes_sync.ports import HermesSyncError
from hermes_sync.remotes.country import code_or_text
from hermes_sync.settings.sections import PricePlan
from hermes_sync.store import HIGHEST_ID

LONGEST: Final = 1000
"""Characters of a text; what is longer was not typed by a caller. Columns cut at 255, with a notice."""

_PHONE: Final = re.compile(r"[0-9 ()+./#*,;extEXT-]+")
_DIGITS: Final = range(5, 21)
"""How many digits a phone number has: with extension some more than the 15 of E.164."""


class BadInput(HermesSyncError):
    """What came in cannot be a booking; `problems` are pairs of field and what would be right."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in problems))
        self.problems = problems


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")  # noqa: TRY004  # pydantic takes ValueError
    return value


def _not_empty(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _email(value: str) -> str:
    try:
        # Whether a domain takes e-mail is not asked here; reserved ones serve tests.
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("must be an e-mail address, such as mary@example.com") from None
    return value.lower()


def _phone(value: str | None) -> str | None:
    if value is not None and (_PHONE.fullmatch(value) is None or len(phone_key(value) or "") not in _DIGITS):
        raise ValueError("must be a phone number, such as +44 20 7946 0000")
    return value


def _spelt(value: object) -> object:
    """Return a number as the text that it is kept as; websites send both."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.15g}"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _or_none(value: str | None) -> str | None:
    return value or None


def _plus(value: object) -> object:
    """Return a time with the plus of its offset: in an address that was not encoded it came as a space."""
    return _LOST_PLUS.sub(r"\1+\2", value) if isinstance(value, str) else value


_LOST_PLUS: Final = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})$")


def _in_utc(value: datetime) -> datetime:
    """Return a time in UTC, in whole seconds; a naive one is UTC already (semantics 7)."""
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("must be a time that the calendar has") from None


def _to_come(value: datetime, about: ValidationInfo) -> datetime:
    assert about.context is not None, "`read` says what time it is"
    if value <= about.context["now"]:
        raise ValueError("must be a time that is still to come")
    if value.year > _LAST_YEAR:
        raise ValueError("must be a time in this age")
    return value


_LAST_YEAR: Final = 9000
"""So that what is looked at around a call, too, is a time that the calendar has."""


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _after_start(value: datetime, about: ValidationInfo) -> datetime:
    start = about.data.get("start_dt")
    if start is not None and value <= start:
        raise ValueError("must be after the start")
    if start is not None and value - start > LONGEST_STRETCH:
        raise ValueError(f"must be at most {LONGEST_STRETCH.days} days after the start")
    return value


_Said = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST), AfterValidator(legible)]
Id = Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=HIGHEST_ID)]
IdIfAny = Annotated[Id | None, BeforeValidator(_blank)]
Name = Annotated[_Said, AfterValidator(_not_empty)]
Text = Annotated[_Said | None, BeforeValidator(_blank), AfterValidator(_or_none)]
Amount = Annotated[Text, BeforeValidator(_spelt)]
Country = Annotated[Text, AfterValidator(code_or_text)]
Email = Annotated[_Said, AfterValidator(_email)]
Phone = Annotated[Text, BeforeValidator(_spelt), AfterValidator(_phone)]
Moment = Annotated[datetime, BeforeValidator(_plus), BeforeValidator(_no_flag), AfterValidator(_in_utc)]
End = Annotated[Moment, AfterValidator(_after_start)]
ToCome = Annotated[Moment, AfterValidator(_to_come)]
Plan = Annotated[PricePlan, BeforeValidator(_lower)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _CallForm(_Form):
    """What every call needs: whom, when, and who calls."""

    type: ClassVar[CallType]

    admin_id: Id
    meeting_dt: ToCome
    email: Email
    name: Name

    def booking(self, meeting: timedelta) -> Booking:
        """Return the booking of a call that lasts so long."""
        said, left_out = plausible.without_nonsense(self.model_dump(exclude={"meeting_dt"}))
        return Booking(type=self.type, start=self.meeting_dt, end=self.meeting_dt + meeting, left_out=left_out, **said)


class SalesForm(_CallForm):
    """A sales call; country, income and currency must be said and may be empty."""

    type = CallType.SALES

    country: Country
    company_name: Name
    estimated_income: Amount
    currency: Text
    price_plan: Plan
    bdr_person_id: IdIfAny = None
    utm_campaign: Text = None
    utm_source: Text = None
    company_id: IdIfAny = None
    website: Text = None
    phone: Phone = None


class SupportForm(_CallForm):
    """A support call, of a Company that is known by its id or by its name, if at all."""

    type = CallType.SUPPORT

    company_id: IdIfAny = None
    company_name: Text = None


class SlotsForm(_Form):
    """A question for the slots of an admin."""

    admin_id: Id
    start_dt: Moment
    end_dt: End

    @property
    def within(self) -> Span:
        """The stretch of time that is asked about."""
        return Span(self.start_dt, self.end_dt)


F = TypeVar("F", bound=_Form)


def read(form: type[F], said: object, now: datetime) -> F:
    """Return what was sent as a form; raise `BadInput` with every field that is wrong."""
    if not isinstance(said, Mapping):
        raise BadInput((("body", "must be a JSON object"),))  # what a query says is a mapping always
    try:
        return form.model_validate(dict(said), context={"now": now})
    except ValidationError as error:
        raise BadInput(tuple(problem(one) for one in error.errors(include_input=False, include_url=False))) from None


def moment(name: str, said: str) -> datetime:
    """Return the time that a text says, in UTC; raise `BadInput` that names the field."""
    try:
        return _MOMENT.validate_python(said)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise BadInput(tuple((name, problem(one)[1]) for one in found)) from None


_MOMENT: Final = TypeAdapter(Moment)
