"""Several pushes under way to Pipedrive: faster, and otherwise as if they had gone out one after the other."""

from typing import Any, Final

import pytest
from sqlalchemy import select

from hermes_sync.ports import RemoteDenied
from hermes_sync.sandbox import Fault
from hermes_sync.store.tables import JOURNAL
from tests.cycle.rig import Rig

COMPANIES: Final = 10
PEOPLE: Final = 2


def sign_up(rig: Rig, count: int = COMPANIES) -> None:
    """Let so many cligencies with people appear that Pipedrive knows nothing of."""
    for number in range(1, count + 1):
        recipients: list[dict[str, Any]] = [
            {"id": 10 * number + one, "first_name": "Mary", "last_name": f"Booth-{number}-{one}"}
            for one in range(PEOPLE)
        ]
        agency = {"id": 900 + number, "name": f"Agency {number}", "status": "trial"}
        rig.tc2.create_client(agency=agency, recipients=recipients, first_name="M", last_name="B", sales_person=30)


def assert_nothing_is_there_twice(rig: Rig, count: int = COMPANIES) -> None:
    """Assert that each Company has one Org, each Contact one Person in that Org, and nobody has another's."""
    orgs = {org["id"]: org for org in rig.pd.all("organization")}
    persons = {person["id"]: person for person in rig.pd.all("person")}
    companies, contacts = rig.every("companies"), rig.every("contacts")
    assert len(orgs) == len(companies) == count
    assert len(persons) == len(contacts) == PEOPLE * count
    of_company = {company["id"]: orgs[company["pd_org_id"]] for company in companies}
    for company in companies:
        org = of_company[company["id"]]
        assert org["name"] == company["name"]
        assert rig.pd.custom("organization", org["id"])["hermes_id"] == str(company["id"])
    for contact in contacts:
        person = persons[contact["pd_person_id"]]
        assert person["name"] == f"{contact['first_name']} {contact['last_name']}"
        assert person["org_id"] == of_company[contact["company_id"]]["id"]
        assert rig.pd.custom("person", person["id"])["hermes_id"] == str(contact["id"])


def journal_of_pushes(rig: Rig) -> list[tuple[str, int, str]]:
    """Return what the journal says of the pushes to Pipedrive, in its order."""
    said = JOURNAL.c
    with rig.store.engine.connect() as connection:
        rows = connection.execute(
            select(said.object, said.hermes_id, said.state).where(said.system == "pipedrive").order_by(said.id)
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("at_once", [2, 12])
def test_orgs_and_persons_created_beside_each_other_are_each_linked_to_their_own(
    rig_on_both: Rig, at_once: int
) -> None:
    """Every Org before its Persons, every link right, and a second pass has nothing to do."""
    rig = rig_on_both
    rig.at_once = at_once
    sign_up(rig)

    done = rig.reconcile()

    assert done.exit_code == 0
    assert set(done.outcomes.values()) == {"pushed"}
    assert_nothing_is_there_twice(rig)
    made = [entry.path for entry in rig.pd.log.entries("POST")]
    assert made == COMPANIES * ["/api/v2/organizations"] + PEOPLE * COMPANIES * ["/api/v2/persons"]
    assert rig.reconcile().actions == ()


def test_the_journal_and_the_outcomes_do_not_depend_on_who_was_answered_first(rig: Rig) -> None:
    """They stand in the order of the plan."""
    rig.at_once = 12
    sign_up(rig)

    done = rig.reconcile()

    in_order = [("organization", number, "settled") for number in range(1, COMPANIES + 1)]
    in_order += [("person", number, "settled") for number in range(1, PEOPLE * COMPANIES + 1)]
    assert journal_of_pushes(rig) == in_order
    assert [key for key in done.outcomes if key[0] != "client"] == [one[:2] for one in in_order]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", effect="cut", nth=3, times=2),
        Fault(method="POST", status=502, carried_out=True, nth=5, times=3),
        Fault(method="POST", effect="empty", nth=14, times=4),
        Fault(method="POST", status=503, nth=2, times=3),
        Fault(method="POST", status=403, body={"error": "plan cap"}, nth=4, times=2),
        Fault.burst(method="POST", nth=6, times=3),
    ],
    ids=["cut", "502 carried out", "empty", "503", "plan cap", "429"],
)
def test_some_that_fail_beside_others_are_made_up_for_and_never_made_twice(rig: Rig, fault: Fault) -> None:
    """Whatever became of one push, those under way beside it are settled, and later passes do the rest."""
    rig.at_once = 6
    rig.pd.search_lag = 20
    sign_up(rig)
    rig.pd.faults.add(fault)

    done = rig.reconcile()
    assert list(done.outcomes.values()).count("pushed") > COMPANIES
    rig.reconcile(full=True)  # tries again also what was refused
    rig.settle(6)

    assert_nothing_is_there_twice(rig)


def test_a_refused_key_stops_the_pass_when_what_is_under_way_is_settled(rig: Rig) -> None:
    """Nothing more is begun after a 401; what got through beside it is linked, and the next pass does the rest."""
    rig.at_once = 4
    sign_up(rig)
    rig.pd.faults.add(Fault(method="POST", status=401, body={"error": "unauthorized"}, nth=3))

    with pytest.raises(RemoteDenied):
        rig.reconcile()

    states = [state for _, _, state in journal_of_pushes(rig)]
    begun = len(rig.pd.log.entries("POST"))
    assert begun <= 3 + 3
    assert len(rig.pd.all("organization")) == states.count("settled") == begun - 1
    assert states.count("planned") == len(states) - begun
    rig.settle(6)
    assert_nothing_is_there_twice(rig)


def test_a_remote_that_is_away_is_left_alone_after_what_was_under_way(rig: Rig) -> None:
    """A few answers that do not come, and nothing more is begun."""
    rig.at_once = 4
    sign_up(rig)
    rig.pd.faults.add(Fault(method="POST", status=503, times=None))

    done = rig.reconcile()

    assert {outcome for (kind, _), outcome in done.outcomes.items() if kind != "client"} == {"deferred"}
    assert len({entry.body["name"] for entry in rig.pd.log.entries("POST")}) <= 3 + 3
    rig.pd.faults.clear()
    rig.settle(6)
    assert_nothing_is_there_twice(rig)


@pytest.mark.parametrize("at_once", [1, 12])
def test_what_is_under_way_counts_against_the_reserve_of_the_day(rig: Rig, at_once: int) -> None:
    """However many are under way, pushes stop where the reserve for reading begins."""
    rig.reconcile()
    rig.at_once = at_once
    sign_up(rig)
    spent = rig.store.spending(rig.clock.now().replace(hour=0, minute=0, second=0)).spent
    reads = 10 + 10 + 10 + 20 + 5 + 5  # orgs, persons, deals, archived deals, pipelines and stages
    rig.configure(daily_token_budget=round((spent + reads + 4 * 5) / 0.9))

    done = rig.reconcile()

    assert [key for key, outcome in done.outcomes.items() if outcome == "pushed" and key[0] == "organization"] == [
        ("organization", number) for number in range(1, 6)
    ]
    assert len(rig.pd.all("organization")) == 5
