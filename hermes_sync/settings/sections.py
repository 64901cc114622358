"""The sections of config.toml as frozen values (interface 2)."""

from collections import Counter
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from hermes_sync.settings.values import (
    BaseUrl,
    Email,
    Flag,
    Id,
    Interval,
    Key,
    Minutes,
    Percent,
    Port,
    Positive,
    Span,
    Text,
    TimeOfDay,
    Timezone,
    Whole,
)

PricePlan = Literal["payg", "startup", "enterprise"]
Region = Literal["GB", "US", "AU", "CA", "EU", "ROW"]


def _repeated(pairs: Iterable[tuple[Any, str]]) -> Iterable[tuple[Any, list[str]]]:
    """Yield each value that comes more than once, with what it comes with; no value is no repetition."""
    known = [pair for pair in pairs if pair[0] is not None]
    counts = Counter(value for value, _ in known)
    for value, count in counts.items():
        if count > 1:
            yield value, [name for found, name in known if found == value]


class Section(BaseModel):
    """A table of config.toml; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Database(Section):
    """Where the state is kept; a relative SQLite path starts at the current directory."""

    url: Annotated[Text, Field(repr=False)] = "sqlite:///hermes.db"  # it may hold a password
    auto_upgrade: Flag = True


class Mapped(Section):
    """Hermes names and what a remote calls them; a name left out is not synced."""

    @model_validator(mode="after")
    def _uses_each_key_once(self) -> Self:
        for key, names in _repeated((key, name) for name, key in self.named().items()):
            raise ValueError(f"gives {key!r} to {' and to '.join(names)}; each needs a key of its own")
        return self

    def named(self) -> dict[str, str]:
        """Return Hermes name → the remote's key, for the names that are synced."""
        return {name: key for name, key in self.model_dump().items() if key is not None}


class OrganizationFields(Mapped):
    """The custom fields of a Pipedrive organization; `support_person_id` and `bdr_person_id` hold user ids."""

    hermes_id: Key | None = None
    tc2_status: Key | None = None
    tc2_cligency_url: Key | None = None
    paid_invoice_count: Key | None = None
    price_plan: Key | None = None
    website: Key | None = None
    estimated_income: Key | None = None
    currency: Key | None = None
    utm_source: Key | None = None
    utm_campaign: Key | None = None
    signup_questionnaire: Key | None = None
    support_person_id: Key | None = None
    bdr_person_id: Key | None = None


class HermesIdField(Mapped):
    """The custom field of a Pipedrive person or deal."""

    hermes_id: Key | None = None


class Fields(Section):
    """The keys of the account's custom fields, by kind."""

    organization: OrganizationFields = OrganizationFields()
    person: HermesIdField = HermesIdField()
    deal: HermesIdField = HermesIdField()


class Pipedrive(Section):
    """The Pipedrive account; `daily_token_budget` is in tokens a day."""

    base_url: BaseUrl
    api_token: SecretStr = SecretStr("")
    daily_token_budget: Positive = 30_000
    fields: Fields = Fields()


class ExtraAttrs(Mapped):
    """The machine names of a cligency's extra attributes in TC2."""

    pipedrive_url: Key | None = None
    pipedrive_id: Key | None = None
    pipedrive_deal_stage: Key | None = None
    pipedrive_pipeline: Key | None = None
    estimated_income: Key | None = None
    currency: Key | None = None
    utm_source: Key | None = None
    utm_campaign: Key | None = None


class Tc2(Section):
    """The TC2 branch; `sweep_per_pass` is how many of the longest-unread cligencies a normal pass reads again."""

    base_url: BaseUrl = "https://secure.tutorcruncher.com"
    api_key: SecretStr = SecretStr("")
    sweep_per_pass: Whole = 90
    extra_attrs: ExtraAttrs = ExtraAttrs()


class StartOfDeal(Section):
    """Where a new Deal starts, as Pipedrive ids."""

    pipeline: Id
    stage: Id


class Pipelines(Section):
    """Where a new Deal starts, by price plan."""

    payg: StartOfDeal | None = None
    startup: StartOfDeal | None = None
    enterprise: StartOfDeal | None = None


class Safety(Section):
    """How much one pass may do (see `core.safety`)."""

    max_deletes: Whole = 25
    max_delete_percent: Percent = 30
    max_creates: Whole = 100
    max_updates: Whole = 500


class Rules(Section):
    """Switches of the action table."""

    recreate_deleted: Flag = True


class Schedule(Section):
    """When passes run, and how far before its cursor a read starts."""

    interval: Interval = timedelta(minutes=3)
    sweep_interval: Interval = timedelta(hours=6)
    overlap: Span = timedelta(seconds=60)


class Listener(Section):
    """Where `daemon` listens, the basic auth that Pipedrive's webhook sends, and the login of the status page."""

    enabled: Flag = True
    host: Text = "127.0.0.1"
    port: Port = 8000
    pipedrive_user: str = ""
    pipedrive_password: SecretStr = SecretStr("")
    status_user: str = ""
    status_password: SecretStr = SecretStr("")
    allowed_origins: tuple[BaseUrl, ...] = ("https://tutorcruncher.com",)

    @model_validator(mode="after")
    def _has_whole_auth(self) -> Self:
        if bool(self.pipedrive_user) != bool(self.pipedrive_password.get_secret_value()):
            raise ValueError("needs pipedrive_user and pipedrive_password together, or neither")
        if bool(self.status_user) != bool(self.status_password.get_secret_value()):
            raise ValueError("needs status_user and status_password together, or neither")
        return self


class Callbooker(Section):
    """How calls are booked: times of day are in each admin's time zone."""

    signing_key: SecretStr = SecretStr("")
    base_url: BaseUrl = "https://tutorcruncher.com/book-a-call"
    support_ttl_days: Annotated[Positive, Field(le=3650)] = 4
    meeting_minutes: Annotated[Minutes, Field(ge=1)] = 30
    buffer_minutes: Minutes = 15
    day_start: TimeOfDay = time(10, 0)
    day_end: TimeOfDay = time(17, 30)
    calendar: Literal["hermes", "google"] = "hermes"
    google_service_account: str = ""
    google_base_url: BaseUrl = "https://www.googleapis.com"
    google_token_url: BaseUrl = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.day_start >= self.day_end:
            raise ValueError(f"needs day_start ({self.day_start:%H:%M}) before day_end ({self.day_end:%H:%M})")
        if self.calendar == "google" and not self.google_service_account:
            raise ValueError('needs google_service_account, the path of the key file, with calendar = "google"')
        return self


class AdminEntry(Section):
    """A member of the team; `id` is the one that the website and links use, `timezone` an IANA name."""

    id: Id
    first_name: Text
    last_name: Text
    email: Email
    timezone: Timezone = "UTC"
    tc2_admin_id: Id | None = None
    pd_owner_id: Id | None = None
    is_sales_person: Flag = False
    is_support_person: Flag = False
    is_bdr_person: Flag = False
    sells: tuple[PricePlan, ...] = ()
    regions: tuple[Region, ...] = ()


UNIQUE_IN_ADMINS: Final = ("id", "tc2_admin_id", "pd_owner_id")
"""Keys that name one admin, so that no two may share a value."""


def unlike_each_other(admins: tuple[AdminEntry, ...]) -> tuple[AdminEntry, ...]:
    """Return the admins; raise `ValueError` when two share an id, a TC2 admin or a Pipedrive user."""
    for name in UNIQUE_IN_ADMINS:
        holders = ((getattr(admin, name), f"{admin.first_name} {admin.last_name}") for admin in admins)
        for value, names in _repeated(holders):
            raise ValueError(f"use {name} = {value} for {' and for '.join(names)}; each needs one of their own")
    return admins
