"""Remote objects as hermes-sync reads them: typed, normalised, frozen.

`remotes` makes them from JSON, the store keeps them as last-seen, `diff` compares them, the rules read them.
A record holds only what hermes-sync reads: a newer `update_time` with the same record is no change
(semantics 1), so that stamp is not part of it. Times are RFC 3339 text in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class System(StrEnum):
    """The systems that a plan may write to."""

    HERMES = "hermes"
    PIPEDRIVE = "pipedrive"
    TC2 = "tc2"


class RemoteKind(StrEnum):
    """The kinds of remote objects. An Activity is only ever written: it is neither read nor compared."""

    PIPELINE = "pipeline"
    STAGE = "stage"
    ORGANIZATION = "organization"
    PERSON = "person"
    DEAL = "deal"
    ACTIVITY = "activity"
    CLIENT = "client"

    @property
    def system(self) -> System:
        """The system that such an object lives in."""
        return System.TC2 if self is RemoteKind.CLIENT else System.PIPEDRIVE


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The name of one remote object, written `pipedrive:organization:10`."""

    kind: RemoteKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind.system}:{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One e-mail address or phone number of a Person, with its label, as a person typed it."""

    value: str
    primary: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdPipeline:
    """A Pipeline in Pipedrive."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PdStage:
    """A Stage in Pipedrive; `pipeline_id` is Pipedrive's."""

    id: int
    name: str
    pipeline_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """An organization in Pipedrive.

    `country` is the two-letter code where the address names one; `support_person_id` and `bdr_person_id` are
    Pipedrive user ids; the fields below `hermes_id` are custom fields and None when not configured.
    """

    id: int
    name: str
    owner_id: int | None = None
    country: str | None = None
    add_time: str | None = None
    hermes_id: str | None = None
    tc2_status: str | None = None
    tc2_cligency_url: str | None = None
    paid_invoice_count: int | None = None
    price_plan: str | None = None
    website: str | None = None
    estimated_income: str | None = None
    currency: str | None = None
    utm_source: str | None = None
    utm_campaign: str | None = None
    signup_questionnaire: str | None = None
    support_person_id: int | None = None
    bdr_person_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person in Pipedrive, with every e-mail and phone as typed."""

    id: int
    name: str
    first_name: str | None = None
    last_name: str | None = None
    owner_id: int | None = None
    org_id: int | None = None
    add_time: str | None = None
    emails: tuple[Reach, ...] = ()
    phones: tuple[Reach, ...] = ()
    hermes_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdDeal:
    """A deal in Pipedrive; `status` is open, won or lost. An archived one is not deleted (semantics 4)."""

    id: int
    title: str
    owner_id: int | None = None
    org_id: int | None = None
    person_id: int | None = None
    pipeline_id: int | None = None
    stage_id: int | None = None
    status: str = "open"
    archived: bool = False
    hermes_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sr:
    """A paid recipient of a cligency."""

    id: int
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cligency:
    """A client in TC2; one without `agency_id` is no cligency and is ignored (semantics 6).

    `sales_person_id`, `support_person_id` and `bdr_person_id` are TC2 admin ids. `dropdowns` names the extra
    attributes that want a slug when written (facts 9).
    """

    id: int
    agency_id: int | None = None
    name: str | None = None
    website: str | None = None
    status: str | None = None
    created: str | None = None
    narc: bool = False
    paid_invoice_count: int = 0
    country: str | None = None
    price_plan: str | None = None
    signup_questionnaire: str | None = None
    sales_person_id: int | None = None
    support_person_id: int | None = None
    bdr_person_id: int | None = None
    email: str | None = None
    phone: str | None = None
    recipients: tuple[Sr, ...] = ()
    estimated_income: str | None = None
    currency: str | None = None
    utm_source: str | None = None
    utm_campaign: str | None = None
    pipedrive_url: str | None = None
    pipedrive_id: str | None = None
    pipedrive_deal_stage: str | None = None
    pipedrive_pipeline: str | None = None
    dropdowns: tuple[str, ...] = ()

    @property
    def linked_org_id(self) -> int | None:
        """The Org that its `pipedrive_id` or the last number of its `pipedrive_url` names."""
        for said in (self.pipedrive_id, (self.pipedrive_url or "").rstrip("/").rpartition("/")[2]):
            if said and said.strip().isdigit():
                return int(said)
        return None


Record = PdPipeline | PdStage | Org | Person | PdDeal | Cligency

RECORD_TYPES: Final[Mapping[RemoteKind, type[Record]]] = {
    RemoteKind.PIPELINE: PdPipeline,
    RemoteKind.STAGE: PdStage,
    RemoteKind.ORGANIZATION: Org,
    RemoteKind.PERSON: Person,
    RemoteKind.DEAL: PdDeal,
    RemoteKind.CLIENT: Cligency,
}
"""What each kind is read as; a kind that is not here is never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person should know and the pass went on without: a stable code, a sentence, what it is about."""

    code: str
    message: str
    refs: tuple[str, ...] = ()
