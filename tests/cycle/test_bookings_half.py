"""The Pipedrive half of bookings: what a caller left in Hermes is in Pipedrive after the next pass, once."""

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread, current_thread
from typing import Any

import pytest
from sqlalchemy import event

from hermes_sync.booking import NotBooked
from hermes_sync.core.bookings import CallType
from hermes_sync.core.safety import Limits, UnsafePlan
from hermes_sync.cycle import Scope
from hermes_sync.sandbox import Fault
from tests.cycle.bookings import START, book, in_step, made, pending
from tests.cycle.rig import Rig, Silent

ONCE = {"organization": 1, "person": 1, "deal": 1, "activity": 1}


def known_acme(rig: Rig, **more: Any) -> None:
    """Have an Org with Mary as its Person, both known to Hermes."""
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=1, **{"emails": ["mary@example.com"], **more})
    in_step(rig)


def test_a_sales_call_of_a_stranger_becomes_org_person_deal_and_activity(rig_on_both: Rig) -> None:
    """All four are made in one pass, linked and owned, and nothing of them comes back as a change."""
    rig = rig_on_both
    in_step(rig)
    book(rig)
    booked, (number,) = rig.state(), pending(rig)

    done = rig.reconcile()
    (org,), (person,) = rig.pd.all("organization"), rig.pd.all("person")
    (deal,), (activity,) = rig.pd.all("deal"), rig.pd.all("activity")
    assert done.exit_code == 0
    assert done.rules() == [f"callbooker.sales/pd.{row}" for row in _ROWS_OF_A_STRANGER]
    assert {action.cause for action in done.actions} == {f"callbooker:sales:{number}"}
    assert (org["name"], org["owner_id"], org["address"]["country"]) == ("Acme", 99, "GB")
    assert (person["name"], person["org_id"], person["owner_id"]) == ("Mary Booth", org["id"], 99)
    assert [one["value"] for one in person["emails"] + person["phones"]] == ["mary@example.com", "020 7946 0000"]
    assert (deal["title"], deal["owner_id"], deal["org_id"], deal["person_id"]) == ("Acme", 99, org["id"], person["id"])
    assert (deal["pipeline_id"], deal["stage_id"], deal["status"]) == (1, 1, "open")
    assert rig.pd.custom("deal", deal["id"])["hermes_id"] == str(rig.one("deals")["id"])
    assert (activity["type"], activity["subject"], activity["owner_id"]) == ("meeting", "Sales call with Acme", 99)
    assert (activity["due_date"], activity["due_time"], activity["duration"]) == ("2026-05-20", "14:30:00", "00:30:00")
    assert (activity["org_id"], activity["deal_id"]) == (org["id"], deal["id"])
    assert activity["participants"] == [{"person_id": person["id"], "primary": True}]

    assert pending(rig) == []
    for full in (False, False, True):
        assert rig.reconcile(full=full).actions == ()
    links = {"pd_org_id": 1, "pd_person_id": 1, "pd_deal_id": 1, "pd_activity_id": 1}
    assert _without(rig.state(), links) == _without(booked, links)
    assert {name: row[name] for rows in rig.state().values() for row in rows for name in links if name in row} == links
    assert made(rig) == ONCE


_ROWS_OF_A_STRANGER = ("org/missing", "person/missing", "deal/missing", "activity")


def _without(state: dict[str, list[dict[str, object]]], names: dict[str, int]) -> dict[str, list[dict[str, object]]]:
    return {
        kind: [{name: value for name, value in row.items() if name not in names} for row in rows]
        for kind, rows in state.items()
    }


def test_a_support_call_of_a_known_contact_makes_an_activity_only(rig: Rig) -> None:
    """No deal is made, and Org and Person, who have all that Hermes may tell them, are left alone."""
    known_acme(rig, emails=["office@example.com"])
    book(rig, CallType.SUPPORT, company_id=rig.one("companies")["id"])

    done = rig.reconcile()

    (activity,) = rig.pd.all("activity")
    assert (activity["subject"], activity["org_id"], activity["deal_id"]) == ("Support call with Acme", 1, None)
    assert activity["participants"] == [{"person_id": 1, "primary": True}]
    assert done.rules() == ["callbooker.support/pd.activity"]
    assert made(rig) == {**ONCE, "deal": 0}
    assert rig.reconcile().actions == ()


@pytest.mark.parametrize("type_", CallType)
def test_a_booking_puts_right_what_tc2_owns_of_the_org(rig: Rig, type_: CallType) -> None:
    """`pd.org/different`: what somebody edited there was drift until now."""
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=1, emails=["mary@example.com"])
    agency: dict[str, Any] = {"id": 900, "name": "Acme", "status": "trial"}
    rig.tc2.create_client(agency=agency, first_name="Mary", last_name="Booth", recipients=[])
    rig.settle()
    rig.pd.edit("organization", 1, custom_fields={rig.pd.field_key("organization", "tc2_status"): "odd"})
    rig.settle()
    assert rig.pd.custom("organization", 1)["tc2_status"] == "odd"
    book(rig, type_, company_id=1)

    done = rig.reconcile()

    assert f"callbooker.{type_}/pd.org/different" in done.rules()
    assert rig.pd.custom("organization", 1)["tc2_status"] == "trial"
    rig.settle()


def test_a_booking_puts_right_a_person_of_ours(rig: Rig) -> None:
    """`pd.person/different`: its blank hermes_id is filled in again, and nothing that people typed is touched."""
    in_step(rig)
    book(rig)
    rig.settle()
    mails = ["mary@example.com", "own@example.com"]
    rig.pd.edit("person", 1, emails=mails, custom_fields={rig.pd.field_key("person", "hermes_id"): None})
    assert rig.settle() == 1
    book(rig, start=START + timedelta(days=1))

    done = rig.reconcile()

    assert "callbooker.sales/pd.person/different" in done.rules()
    assert rig.pd.custom("person", 1)["hermes_id"] == "1"
    assert [one["value"] for one in rig.pd.get("person", 1)["emails"]] == mails
    rig.settle()


def test_without_a_cligency_a_booking_leaves_an_edited_org_alone(rig: Rig) -> None:
    """What people say in Pipedrive is true there: Hermes takes it over, and the booking writes nothing to the Org."""
    known_acme(rig)
    book(rig)
    rig.pd.edit("organization", 1, custom_fields={rig.pd.field_key("organization", "website"): "acme.example.com"})

    done = rig.reconcile()

    assert {action.object for action in done.actions if action.system == "pipedrive"} == {"deal", "activity"}
    assert rig.one("companies")["website"] == "acme.example.com"
    assert rig.reconcile().actions == ()


def test_a_diff_shows_the_pushes_and_takes_nothing_away(rig: Rig) -> None:
    """Two diffs plan the same, the booking stays, and the pass plans that too."""
    in_step(rig)
    book(rig)

    first, second = rig.diff(), rig.diff()

    assert len(pending(rig)) == 1
    assert first.hash == second.hash == rig.reconcile().hash
    assert [action.object for action in first.actions] == ["organization", "person", "deal", "activity"]
    assert first.cost.tokens == 20
    assert pending(rig) == []


def test_two_calls_of_one_company_make_one_org_one_deal_and_two_activities(rig_on_both: Rig) -> None:
    """Both wait when the pass begins; Mary and John share Company and Deal."""
    rig = rig_on_both
    in_step(rig)
    book(rig)
    book(rig, name="John Booth", email="john@example.com", phone="020 7946 1111", start=START + timedelta(days=1))

    done = rig.reconcile()

    assert done.exit_code == 0
    assert made(rig) == {"organization": 1, "person": 2, "deal": 1, "activity": 2}
    assert {row["deal_id"] for row in rig.pd.all("activity")} == {1}
    assert {row["pd_activity_id"] for row in rig.every("meetings")} == {1, 2}
    assert rig.reconcile().actions == ()
    assert made(rig) == {"organization": 1, "person": 2, "deal": 1, "activity": 2}


def test_a_later_call_of_the_same_caller_makes_an_activity_only(rig: Rig) -> None:
    """Org, Person and deal are there: `pd.org/same`, `pd.person/same`, `pd.deal/exists`."""
    in_step(rig)
    book(rig)
    rig.settle()
    book(rig, start=START + timedelta(days=1))

    assert rig.reconcile().rules() == ["callbooker.sales/pd.activity"]
    assert made(rig) == {**ONCE, "activity": 2}
    assert rig.reconcile().actions == ()


def test_a_call_that_could_not_be_booked_still_makes_org_person_and_deal(rig: Rig) -> None:
    """The admin is busy: there is no Meeting, and so no Activity."""
    in_step(rig)
    book(rig)
    with pytest.raises(NotBooked):
        book(rig, name="Ann Cole", email="ann@example.com", phone="020 7946 2222", company_name="Cole")

    rig.reconcile()

    assert made(rig) == {"organization": 2, "person": 2, "deal": 2, "activity": 1}
    assert rig.reconcile().actions == ()


def test_a_call_booked_before_the_first_pass_starts_where_the_price_plan_says(rig: Rig) -> None:
    """Hermes knows no Pipeline yet, the config does; afterwards Hermes knows both."""
    book(rig)
    assert rig.one("deals")["pipeline_id"] is None

    rig.settle()

    (deal,) = rig.pd.all("deal")
    assert (deal["pipeline_id"], deal["stage_id"]) == (1, 1)
    assert (rig.one("deals")["pipeline_id"], rig.one("deals")["stage_id"]) == (1, 1)
    assert made(rig) == ONCE


def test_a_cligency_shows_the_deal_of_a_booking(rig: Rig) -> None:
    """A deal that hermes-sync made counts as created for TC2's rows: the cligency shows its Stage and Pipeline."""
    recipient = {"id": 50, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}
    agency = {"id": 900, "name": "Acme", "status": "trial", "price_plan": "1-payg"}
    client = rig.tc2.create_client(agency=agency, first_name="Mary", last_name="Booth", recipients=[recipient])
    rig.settle()
    assert rig.tc2.attrs(client).get("pipedrive_deal_stage") is None
    book(rig)

    rig.settle()

    stage, pipeline = rig.pd.get("stage", 1)["name"], rig.pd.get("pipeline", 1)["name"]
    attrs = rig.tc2.attrs(client)
    assert (attrs["pipedrive_deal_stage"], attrs["pipedrive_pipeline"]) == (stage, pipeline)
    assert made(rig) == ONCE


def test_nothing_is_pushed_for_a_company_that_went_before_the_pass(rig: Rig) -> None:
    """Its Org was deleted meanwhile: Company, Contact, Deal and Meeting go, and the pass says so."""
    known_acme(rig)
    book(rig)
    rig.pd.delete("organization", 1)

    done = rig.reconcile(full=True)

    assert done.exit_code == 0
    assert "booking-without-company" in done.codes
    assert rig.every("companies") == rig.every("meetings") == rig.every("deals") == []
    assert rig.pd.all("deal") == rig.pd.all("activity") == []
    assert pending(rig) == []
    assert rig.reconcile(full=True).actions == ()


def test_a_contact_that_went_before_the_pass_takes_its_call_along(rig: Rig) -> None:
    """Its Person was deleted meanwhile: the Deal is made without it, and there is no Activity."""
    known_acme(rig)
    book(rig)
    rig.pd.delete("person", 1)

    done = rig.reconcile(full=True)

    assert done.exit_code == 0
    assert [row["person_id"] for row in rig.pd.all("deal")] == [None]
    assert rig.pd.all("activity") == rig.every("meetings") == []
    rig.settle()


def test_a_call_booked_while_a_pass_reads_is_in_its_plan(rig_on_both: Rig) -> None:
    """The plan is made anew when it turns out stale, and holds the newer booking too."""
    rig = rig_on_both
    in_step(rig)
    book(rig)
    rig.pd.before_request = lambda incoming: _book_another(rig) if "persons" in incoming.path else None

    rig.reconcile()

    assert made(rig) == {"organization": 2, "person": 2, "deal": 2, "activity": 2}
    assert pending(rig) == []
    assert rig.reconcile().actions == ()


def _book_another(rig: Rig) -> None:
    rig.pd.before_request = None
    book(rig, name="Ann Cole", email="ann@example.com", phone="020 7946 2222", company_name="Cole", admin_id=2)


def test_a_plan_over_the_limits_leaves_the_booking_for_the_next_pass(rig: Rig) -> None:
    """Nothing is applied, so nothing is forgotten; with --force it goes through."""
    in_step(rig)
    rig.configure(limits=replace(Limits(), max_creates=3))
    book(rig)

    with pytest.raises(UnsafePlan):
        rig.reconcile()
    assert len(pending(rig)) == 1

    assert rig.reconcile(force=True).exit_code == 0
    assert (pending(rig), made(rig)) == ([], ONCE)


def test_more_bookings_than_a_pass_may_create_for_go_in_several_passes(rig: Rig) -> None:
    """However many strangers book, no pass is over its limit for that; the oldest go first, and none is lost."""
    in_step(rig)
    rig.configure(limits=replace(Limits(), max_creates=15))
    for number in range(8):
        who = {"name": f"Caller {number}", "email": f"caller{number}@example.com", "phone": f"020 7946 100{number}"}
        book(rig, **who, company_name=f"Company {number}", start=START + timedelta(days=number))

    done = rig.reconcile()
    assert made(rig) == {"organization": 3, "person": 3, "deal": 3, "activity": 3}
    assert done.exit_code == 5
    assert [one.message[:22] for one in done.notices if one.code == "bookings-wait"] == ["5 more bookings wait f"]
    assert rig.reconcile().exit_code == 5
    assert rig.reconcile().exit_code == 0

    assert made(rig) == {"organization": 8, "person": 8, "deal": 8, "activity": 8}
    assert pending(rig) == []
    assert rig.reconcile().actions == ()


def test_force_takes_all_bookings_along(rig: Rig) -> None:
    """Where a person says that the limits are not to count, no booking waits for a later pass."""
    in_step(rig)
    rig.configure(limits=replace(Limits(), max_creates=15))
    for number in range(8):
        who = {"name": f"Caller {number}", "email": f"caller{number}@example.com", "phone": f"020 7946 100{number}"}
        book(rig, **who, company_name=f"Company {number}", start=START + timedelta(days=number))

    assert rig.reconcile(force=True).exit_code == 0
    assert made(rig) == {"organization": 8, "person": 8, "deal": 8, "activity": 8}


def test_bookings_and_new_cligencies_together_are_no_refused_plan(rig: Rig) -> None:
    """What TC2 brings comes first; bookings take what it leaves of the limit, and the rest of them the next passes."""
    in_step(rig)
    rig.configure(limits=replace(Limits(), max_creates=20))
    for number in range(8):
        rig.tc2.create_client({"name": f"Agency {number}"}, last_name="Lane", email=f"lane{number}@example.com")
        who = {"name": f"Caller {number}", "email": f"caller{number}@example.com", "phone": f"020 7946 100{number}"}
        book(rig, **who, company_name=f"Company {number}", start=START + timedelta(days=number))

    for _ in range(6):
        rig.reconcile()

    assert made(rig) == {"organization": 16, "person": 8, "deal": 8, "activity": 8}
    assert pending(rig) == []


def test_bookings_during_an_outage_never_add_up_to_a_refused_plan(rig: Rig) -> None:
    """What an earlier pass could not create counts: when Pipedrive is back, all of it gets through without --force."""
    in_step(rig)
    rig.configure(limits=replace(Limits(), max_creates=20))
    outage = Fault(method="POST", path="/api/v2/", status=503, times=None)
    rig.pd.faults.add(outage)
    for number in range(12):
        who = {"name": f"Caller {number}", "email": f"caller{number}@example.com", "phone": f"020 7946 10{number:02}"}
        book(rig, **who, company_name=f"Company {number}", start=START + timedelta(days=number))
        if number % 3 == 0:
            rig.reconcile()
    rig.pd.faults.clear()

    for _ in range(12):
        rig.reconcile()

    assert made(rig) == {"organization": 12, "person": 12, "deal": 12, "activity": 12}
    assert pending(rig) == []


def test_people_who_book_at_every_turn_do_not_keep_a_pass_from_ending(rig_on_both: Rig) -> None:
    """Each time that it plans, somebody unknown books: the Orgs that it read get their Companies all the same."""
    rig = rig_on_both
    in_step(rig)
    for number in range(5):
        org = rig.pd.create("organization", name=f"Org {number}", owner_id=99)
        rig.pd.create("person", name=f"Person {number}", org_id=org, owner_id=99)

    class Bookers(Silent):
        planned = 0

        def report(self, step: str, done: int, total: int | None = None) -> None:  # a progress's
            if step == "planning organizations":
                self.planned += 1
                caller: dict[str, Any] = {"name": f"Nell {self.planned}", "email": f"nell{self.planned}@example.com"}
                caller |= {"phone": None, "company_name": f"New {self.planned}"}
                book(rig, start=START + self.planned * timedelta(hours=1), **caller)

    bookers = Bookers()
    with rig.cycle() as cycle, cycle.reconcile(Scope(), bookers) as report:
        assert report.exit_code == 0
    assert bookers.planned == 2
    rig.settle()

    state = rig.state()
    names = [str(row["name"]) for row in state["companies"]]
    assert sorted(names) == sorted([*(f"Org {number}" for number in range(5)), "New 1", "New 2"])
    assert sorted(row["name"] for row in rig.pd.all("organization")) == sorted(names)
    assert len(state["contacts"]) == 7
    assert len({row["pd_org_id"] for row in state["companies"]} - {None}) == 7


def test_a_call_booked_while_its_company_is_being_deleted_goes_with_it_and_is_told(rig_on_both: Rig) -> None:
    """The plan sees Hermes as it was at one moment; made anew it finds what the caller left meanwhile, and says so."""
    rig = rig_on_both
    client = rig.tc2.create_client({"name": "Acme"}, last_name="Booth", email="mary@example.com")
    rig.settle()
    rig.tc2.delete_client(client)

    class Late(Silent):
        is_booked = False

        def report(self, step: str, done: int, total: int | None = None) -> None:
            if step == "planning clients" and not self.is_booked:
                self.is_booked = True
                book(rig)

    with rig.cycle() as cycle, cycle.reconcile(Scope(full=True), Late(), force=True) as report:
        assert report.exit_code in {0, 5}
    rig.settle()

    state = rig.state()
    assert state["companies"] == state["deals"] == state["meetings"] == []
    assert "booking-without-company" in {notice.code for notice in report.notices}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has a pass wait for the booking
def test_a_call_that_is_being_booked_as_a_pass_begins_is_not_undone(rig_on_both: Rig) -> None:
    """The booking has the lower number and comes to light only under the plan: the plan is made anew, on top of it."""
    rig = rig_on_both
    known_acme(rig)
    rig.pd.edit("organization", 1, name="Acme Ltd")
    rig.sandbox.clock.advance(90)
    caller = Thread(target=lambda: book(rig, company_id=1))
    is_written, may_end = Event(), Event()

    @event.listens_for(rig.store.engine, "commit")
    def keep_waiting(_connection: object) -> None:
        if current_thread() is caller:
            is_written.set()
            assert may_end.wait(30)

    class Late(Silent):
        def report(self, step: str, done: int, total: int | None = None) -> None:
            if step == "planning organizations":
                may_end.set()
                caller.join(30)

    caller.start()
    assert is_written.wait(30)
    with rig.cycle() as cycle, cycle.reconcile(Scope(), Late()) as report:
        assert report.exit_code == 0
    rig.settle()

    company = rig.one("companies")
    assert (company["name"], company["has_booked_call"]) == ("Acme Ltd", True)
    assert made(rig) == ONCE
