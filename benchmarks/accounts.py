"""Invented accounts as the remotes would tell of them, and a store filled with one by its own API."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from measuring import Silent

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
from hermes_sync.core.safety import Limits
from hermes_sync.cycle.outcome import Plan
from hermes_sync.cycle.planning import Planner
from hermes_sync.ports import Reading
from hermes_sync.rules import TABLE
from hermes_sync.store import Cursor, Draft, SqlStore

PAGE = 500
"""Rows a page, as Pipedrive gives them."""
STAMP = "2026-01-05T09:30:00Z"
EACH = 2
"""Persons and Deals per Org."""


def orgs(count: int) -> Iterator[Org]:
    """Yield Orgs 1 to `count`."""
    return (Org(id=id_, name=f"Company {id_}", owner_id=99, country="GB", add_time=STAMP) for id_ in _ids(count))


def persons(count: int) -> Iterator[Person]:
    """Yield Persons 1 to `count`, `EACH` of an Org."""
    for id_ in _ids(count):
        yield Person(
            id=id_,
            name=f"Person {id_}",
            first_name="Person",
            last_name=str(id_),
            owner_id=99,
            org_id=(id_ + EACH - 1) // EACH,
            add_time=STAMP,
            emails=(Reach(value=f"person{id_}@example.com", primary=True, label="work"),),
            phones=(Reach(value=phone(id_), primary=True, label="work"),),
        )


def deals(count: int) -> Iterator[PdDeal]:
    """Yield deals 1 to `count`, `EACH` of an Org, in Stage 1 of Pipeline 1."""
    for id_ in _ids(count):
        org_id = (id_ + EACH - 1) // EACH
        title = f"Deal {id_}"
        yield PdDeal(id=id_, title=title, owner_id=99, org_id=org_id, person_id=id_, pipeline_id=1, stage_id=1)


def cligencies(count: int, policy: Policy, *, invoices: int = 3) -> Iterator[Cligency]:
    """Yield cligencies 1 to `count` with all of their 25 fields said, each linked to the Org of its number."""
    for id_ in _ids(count):
        yield Cligency(
            id=id_,
            agency_id=id_ + 1_000_000,
            name=f"Company {id_}",
            website=f"https://company{id_}.example.com",
            status="active",
            created=STAMP,
            narc=False,
            paid_invoice_count=invoices,
            country="GB",
            price_plan="payg",
            signup_questionnaire='{"how-did-you-hear-about-us": "a friend", "how-many-students": "20-50"}',
            sales_person_id=30,
            support_person_id=31,
            bdr_person_id=31,
            email=f"person{id_ * EACH}@example.com",
            phone=phone(id_ * EACH),
            recipients=(Sr(id=id_, first_name="Person", last_name=str(id_), email=f"person{id_ * EACH}@example.com"),),
            estimated_income="1000-5000",
            currency="GBP",
            utm_source="search",
            utm_campaign=f"campaign {id_ % 50}",
            pipedrive_url=policy.org_url(id_),
            pipedrive_id=str(id_),
            pipedrive_deal_stage="Stage",
            pipedrive_pipeline="Pipeline",
            dropdowns=("pipedrive_deal_stage", "pipedrive_pipeline"),
        )


def phone(person_id: int) -> str:
    """Return the phone number of a Person."""
    return f"+44 20 7946 {person_id:07}"


def _ids(count: int) -> range:
    return range(1, count + 1)


def pages(kind: RemoteKind, records: Iterable[Record]) -> Iterator[list[Reading]]:
    """Yield records as the readings of the pages of a list."""
    readings = (Reading(ref=Ref(kind, one.id), record=one, update_time=STAMP) for one in records)
    while page := list(islice(readings, PAGE)):
        yield page


def plan(store: SqlStore, draft: Draft, policy: Policy, now: datetime) -> Plan:
    """Plan what follows from what a draft holds."""
    return Planner(
        store=store,
        draft=draft,
        policy=policy,
        table=TABLE,
        limits=Limits(),
        progress=Silent(),
        now=now,
        retry_refused=False,
    ).plan()


def fill(store: SqlStore, organizations: int, policy: Policy, digest: str, now: datetime, *, clients: int = 0) -> None:
    """Let a store hold so many Orgs, `EACH` Persons and Deals of each, and clients, as a pass leaves them at `now`."""
    account: dict[RemoteKind, Iterable[Record]] = {
        RemoteKind.PIPELINE: [PdPipeline(id=1, name="Pipeline")],
        RemoteKind.STAGE: [PdStage(id=1, name="Stage", pipeline_id=1)],
        RemoteKind.ORGANIZATION: orgs(organizations),
        RemoteKind.PERSON: persons(EACH * organizations),
        RemoteKind.DEAL: deals(EACH * organizations),
        RemoteKind.CLIENT: cligencies(clients, policy),
    }
    pass_id = store.begin_pass(scope="fill", now=now)
    with store.draft() as draft:
        for kind, records in account.items():
            for page in pages(kind, records):
                draft.compare(kind, page, read_at=now)
        summary = plan(store, draft, policy, now).summary
        assert summary.push == 0, f"{summary.push} pushes are planned, which would stay open"
        cursors = {kind: Cursor(since=now, complete_at=now) for kind in RemoteKind}
        store.apply(draft, lease=None, pass_id=pass_id, now=now, cursors=cursors, policy_digest=digest)
