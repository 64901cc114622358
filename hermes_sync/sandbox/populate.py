"""Fill a sandbox with very many records at once, for benchmarks: straight into the state, stamped in the past."""

from collections.abc import Iterator

from hermes_sync.sandbox.clock import stamp_of
from hermes_sync.sandbox.pipedrive_rows import DEFAULTS, address_of
from hermes_sync.sandbox.sandbox import Sandbox
from hermes_sync.sandbox.table import Row
from hermes_sync.sandbox.tc2_state import PERSONAL, Client

AGE = 90 * 86_400
RECENT = 86_400
STAGES = 15
STAGES_EACH = 5


def populate(
    sandbox: Sandbox,
    organizations: int,
    persons_per_org: int = 1,
    deals_per_org: int = 1,
    clients: int = 0,
) -> None:
    """Add organizations with persons and deals, and `clients` to TC2 that are linked to the first of them.

    Their update times lie between 90 days and one day back, so that a pass with a recent cursor finds none.
    """
    twin, state = sandbox.pipedrive, sandbox.pipedrive.state
    now = sandbox.clock.now()
    with twin.lock:
        first = state.tables["organization"].take_id()
        orgs = range(first, first + organizations)
        state.tables["organization"].fill(org_row(org_id, past(org_id, now)) for org_id in orgs)
        first_person = state.tables["person"].take_id()
        people = range(first_person, first_person + organizations * persons_per_org)
        state.tables["person"].fill(
            person_row(person_id, orgs[place // persons_per_org], past(person_id, now))
            for place, person_id in enumerate(people)
        )
        first_deal = state.tables["deal"].take_id()
        state.tables["deal"].fill(
            deal_rows(range(first_deal, first_deal + organizations * deals_per_org), orgs, people, now)
        )
    with sandbox.tc2.lock:
        for org_id in orgs[:clients]:
            add_client(sandbox, org_id, now)
        sandbox.tc2.state.recount()


def past(number: int, now: float) -> str:
    """Give a stamp between 90 days and one day back, always the same for a number."""
    return stamp_of(now - RECENT - (number * 7919) % (AGE - RECENT))


def org_row(org_id: int, stamp: str) -> Row:
    """Give an organization."""
    row = {"id": org_id, **DEFAULTS["organization"], "name": f"Company {org_id}", "owner_id": 99}
    return {**row, "add_time": stamp, "update_time": stamp, "address": address_of("United Kingdom")}


def person_row(person_id: int, org_id: int, stamp: str) -> Row:
    """Give a person of an organization."""
    names = {"first_name": "Person", "last_name": str(person_id), "name": f"Person {person_id}"}
    mail = {"value": f"person{person_id}@example.com", "primary": True, "label": "work"}
    row = {"id": person_id, **DEFAULTS["person"], **names, "owner_id": 99, "org_id": org_id, "emails": [mail]}
    return {**row, "add_time": stamp, "update_time": stamp}


def deal_rows(deals: range, orgs: range, people: range, now: float) -> Iterator[Row]:
    """Give the deals of organizations, spread over the default stages."""
    for place, deal_id in enumerate(deals):
        org = place * len(orgs) // len(deals)
        stage, stamp = 1 + place % STAGES, past(deal_id, now)
        row = {"id": deal_id, **DEFAULTS["deal"], "title": f"Deal {deal_id}", "owner_id": 99}
        row |= {"creator_user_id": 99, "org_id": orgs[org], "stage_id": stage}
        row |= {"person_id": people[org * len(people) // len(orgs)] if len(people) else None}
        row |= {"pipeline_id": 1 + (stage - 1) // STAGES_EACH, "add_time": stamp, "update_time": stamp}
        yield row


def add_client(sandbox: Sandbox, org_id: int, now: float) -> None:
    """Add a cligency that names the organization of this id."""
    state = sandbox.tc2.state
    stamp = past(org_id, now)
    mail = f"client{org_id}@example.com"
    names: Row = {"first_name": "Client", "last_name": str(org_id), "email": mail}
    client = Client(
        id=state.take_id("client"),
        personal={**PERSONAL, **names, "date_created": stamp},
        agency=state.agency_of({"name": f"Company {org_id}", "status": "active"}, stamp),
        recipients=state.recipients_of([names]),
        attrs={"pipedrive_id": str(org_id)},
        sales_person=30,
    )
    state.clients[client.id] = client
