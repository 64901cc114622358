"""Cases of the action table as data: a sentence, a world, a change, and what the row asks for.

A case whose `asks` is empty shows the row silent; any other shows it fire. `test_rows.py` runs every case and counts
that each row has both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.bookings import BookingChange
from hermes_sync.core.changes import AnyChange, Change, Why
from hermes_sync.core.objects import Admin, Company, Contact, Deal, HermesObject, Kind, Meeting, Pipeline, Stage
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import (
    Cligency,
    Org,
    PdDeal,
    PdPipeline,
    PdStage,
    Person,
    Reach,
    Record,
    Ref,
    RemoteKind,
    Sr,
)
from hermes_sync.core.world import Surroundings, World

ADA = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99, tc2_admin_id=30)
POLICY = Policy(
    admins=(ADA,),
    org_fields=frozenset({"website", "paid_invoice_count", "support_person_id", "hermes_id"}),
    client_attrs=frozenset(
        {"pipedrive_url", "pipedrive_id", "pipedrive_deal_stage", "pipedrive_pipeline", "utm_source"}
    ),
    pipedrive_base_url="https://acme.pipedrive.com",
    tc2_base_url="https://secure.tutorcruncher.com",
)

ACME = Company(id=1, name="Acme", pd_org_id=10)
ACME_IN_TC2 = Company(id=1, name="Acme", pd_org_id=10, tc2_cligency_id=20, tc2_agency_id=30)
FREE_ACME = Company(id=1, name="Acme")
MARY = Contact(id=3, company_id=1, first_name="Mary", last_name="Booth", email="mary@example.com", pd_person_id=40)
FREE_MARY = Contact(id=3, company_id=1, first_name="Mary", last_name="Booth", email="mary@example.com")
SALE = Deal(id=5, pd_deal_id=7, name="Acme", company_id=1, contact_id=3, admin_id=1)
CALL = Meeting(
    id=6,
    type="sales",
    start_time="2026-01-05T10:00:00Z",
    end_time="2026-01-05T10:30:00Z",
    company_id=1,
    contact_id=3,
    deal_id=5,
)
PAYG = Pipeline(id=2, pd_pipeline_id=1, name="PAYG")
CONTACTED = Stage(id=4, pd_stage_id=8, pd_pipeline_id=1, name="Contacted")

ORG = Org(id=10, name="Acme", owner_id=99, country="GB", add_time="2026-01-01T00:00:00Z", website="acme.example.com")
PERSON = Person(
    id=40,
    name="Mary Booth",
    first_name="Mary",
    last_name="Booth",
    org_id=10,
    emails=(Reach(value="Mary@example.com", primary=True),),
)
DEAL = PdDeal(id=7, title="Acme", owner_id=99, org_id=10, person_id=40, pipeline_id=1, stage_id=8)
MARY_SR = Sr(id=50, first_name="Mary", last_name="Booth", email="mary@example.com")
CLIGENCY = Cligency(
    id=20, agency_id=30, name="Acme", status="trial", price_plan="payg", sales_person_id=30, recipients=(MARY_SR,)
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row, one world, one change."""

    row: str
    says: str
    change: AnyChange | BookingChange
    given: Sequence[HermesObject] = ()
    asks: Sequence[Action] = ()
    policy: Policy = field(default=POLICY)
    living_orgs: frozenset[int] = frozenset()
    clients_naming_org: dict[int, tuple[int, ...]] = field(default_factory=dict)
    merged_into: dict[Ref, Ref] = field(default_factory=dict)

    def world(self) -> World:
        """Return the world that the row sees."""
        return World(
            self.policy,
            Surroundings(
                objects=self.given,
                living_orgs=self.living_orgs,
                clients_naming_org=self.clients_naming_org,
                merged_into=self.merged_into,
            ),
        )


def ref_of(record: Record) -> Ref:
    """Return the name of a record."""
    kinds = {
        PdPipeline: RemoteKind.PIPELINE,
        PdStage: RemoteKind.STAGE,
        Org: RemoteKind.ORGANIZATION,
        Person: RemoteKind.PERSON,
        PdDeal: RemoteKind.DEAL,
        Cligency: RemoteKind.CLIENT,
    }
    return Ref(kinds[type(record)], record.id)


def new(record: Record, why: Why = Why.SEEN) -> AnyChange:
    """Return the change of an object that nobody saw before."""
    return Change(ref=ref_of(record), before=None, after=record, why=why)


def known(record: Record, before: Record | None = None, why: Why = Why.RELOOK) -> AnyChange:
    """Return the change of an object that is looked at again, the same as before unless told otherwise."""
    return Change(ref=ref_of(record), before=before or record, after=record, why=why)


def gone(record: Record) -> AnyChange:
    """Return the change of an object that is proven gone."""
    return Change(ref=ref_of(record), before=record, after=None)


__all__ = [
    "ACME",
    "ACME_IN_TC2",
    "CALL",
    "CLIGENCY",
    "CONTACTED",
    "DEAL",
    "FREE_ACME",
    "FREE_MARY",
    "MARY",
    "MARY_SR",
    "ORG",
    "PAYG",
    "PERSON",
    "POLICY",
    "SALE",
    "Case",
    "Company",
    "Contact",
    "Create",
    "Deal",
    "Delete",
    "Kind",
    "Nothing",
    "Tell",
    "Update",
    "gone",
    "known",
    "new",
]
