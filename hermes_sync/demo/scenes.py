"""The story of the demo, scene by scene: what somebody does, one or more passes, and what must be so then."""

from dataclasses import replace
from typing import Final

from hermes_sync.core.bookings import Booking, CallType
from hermes_sync.demo.story import Story, has_actions

_BOTH_SIDES: Final = (2, 102)
"""Beacon Learning: its organization and its cligency."""
_ONLY_TC2: Final = 110
"""The cligency of Juniper Prep."""
_DELETED_ORG: Final = 4
_CLIENT_OF_DELETED: Final = 104
_INVOICES: Final = 9
_SALES_ADMIN: Final = 1


def _plan_first(story: Story) -> None:
    story.tell(
        "Twins of Pipedrive and TC2 are running on this machine, with a few invented companies: some in both "
        "systems, some in one of them. The Hermes database is empty. First we ask what a pass would do, and look at "
        "what the organization Acorn Tutors causes."
    )
    summary = story.diff(show="pipedrive:organization:1")
    story.check("there is something to do", holds=has_actions(summary))
    story.check("looking wrote nothing to either remote", holds=story.writes() == 0)
    story.check("looking wrote nothing to Hermes", holds=not story.objects("companies"))


def _first_pass(story: Story) -> None:
    story.tell("Now we let it happen: one pass reads both systems, plans, checks the safety limits, applies, pushes.")
    story.reconcile()
    story.check("TC2 was told about Pipedrive", holds=story.writes() > 0)
    beacon = story.one("companies", pd_org_id=_BOTH_SIDES[0])
    story.check(
        "Beacon Learning is one Company with an organization and a cligency",
        holds=beacon is not None and beacon["tc2_cligency_id"] == _BOTH_SIDES[1],
    )
    story.check(
        "Juniper Prep, which only TC2 knew, has an organization in Pipedrive now",
        holds=(story.one("companies", tc2_cligency_id=_ONLY_TC2) or {}).get("pd_org_id") is not None,
    )
    if story.tc2.attrs(_ONLY_TC2)["pipedrive_id"] is None:
        story.tell("Pipedrive gave that organization its id when it was created; the next pass tells TC2.")
        summary = story.reconcile()
        story.check("that is all it does", holds=(summary.create, summary.update, summary.delete) == (0, 0, 0))
    story.check_in_step()


def _second_pass(story: Story) -> None:
    story.tell("Another pass finds nothing new, so it plans nothing and writes nothing.")
    summary = story.reconcile()
    story.check("nothing was planned", holds=not has_actions(summary))
    story.check("nothing was written", holds=story.writes() == 0)


def _awkward_order(story: Story) -> None:
    story.tell(
        "A salesperson works backwards: first a deal without an organization, then the person, and last the "
        "organization that both belong to, with a pass after each."
    )
    deal = story.pipedrive.create("deal", title="Kelp Tutoring", pipeline_id=1, stage_id=2)
    story.reconcile()
    person = story.pipedrive.create("person", name="Kay Kelp", emails=["kay@kelp.example.com"])
    story.reconcile()
    story.check("there is no Company to put them under yet", holds=story.one("contacts", pd_person_id=person) is None)
    org = story.pipedrive.create("organization", name="Kelp Tutoring", country="United Kingdom")
    story.pipedrive.edit("deal", deal, org_id=org, person_id=person)
    story.pipedrive.edit("person", person, org_id=org)
    story.reconcile()
    company = story.one("companies", pd_org_id=org) or {}
    contact = story.one("contacts", pd_person_id=person) or {}
    made = story.one("deals", pd_deal_id=deal) or {}
    story.check(
        "the Contact belongs to the Company", holds=bool(company) and contact.get("company_id") == company["id"]
    )
    story.check(
        "the Deal belongs to both",
        holds=bool(contact) and (made.get("company_id"), made.get("contact_id")) == (company.get("id"), contact["id"]),
    )
    story.check_in_step()


def _edits_on_both_sides(story: Story) -> None:
    story.tell(
        "In Pipedrive an organization gets another name and its deal moves on, while in TC2 two invoices of "
        "another company are paid. Each field has one owner, so nobody overwrites anybody."
    )
    story.pipedrive.edit("organization", 1, name="Acorn Tutors & Friends")
    story.pipedrive.edit("deal", 1, stage_id=4)
    story.tc2.edit_client(102, agency={"paid_invoice_count": _INVOICES, "status": "active"})
    story.reconcile()
    acorn = story.one("companies", pd_org_id=1) or {}
    beacon = story.one("companies", pd_org_id=2) or {}
    story.check("Hermes has the new name", holds=acorn.get("name") == "Acorn Tutors & Friends")
    story.check("Hermes has the new count of invoices", holds=beacon.get("paid_invoice_count") == _INVOICES)
    story.check("TC2 shows the new stage", holds=story.tc2.attrs(101)["pipedrive_deal_stage"] == "PAYG - Proposal")
    story.check_in_step()


def _archived_deal(story: Story) -> None:
    story.tell("A deal is archived. It leaves Pipedrive's list without being deleted: Hermes keeps it, TC2 hides it.")
    story.pipedrive.archive(2)
    story.reconcile()
    story.check("Hermes still has the Deal", holds=story.one("deals", pd_deal_id=2) is not None)
    story.check("TC2 shows no stage any more", holds=story.tc2.attrs(102)["pipedrive_deal_stage"] is None)
    story.check_in_step()


def _booking(story: Story) -> None:
    story.tell(
        "Nell Nettle of Nettle Tuition, whom nobody knew, books a sales call on the website. What Hermes has to do "
        "is done when she gets her answer; Pipedrive is told by the pass that the booking triggers. Somebody else "
        "wants the same time."
    )
    slot = story.free_slot(_SALES_ADMIN)
    call = Booking(
        type=CallType.SALES,
        admin_id=_SALES_ADMIN,
        start=slot.start,
        end=slot.end,
        name="Nell Nettle",
        email="nell@nettle.example.com",
        company_name="Nettle Tuition",
        country="GB",
        price_plan="startup",
    )
    story.check("she gets the slot", holds=story.book(call))
    other = replace(call, name="Otto Oak", email="otto@oak.example.com", company_name="Oak Tuition")
    story.check("nobody else does", holds=not story.book(other))
    story.check("Hermes has one Meeting", holds=len(story.objects("meetings")) == 1)
    story.reconcile()
    meeting = story.objects("meetings")[0]
    activity = next(iter(story.pipedrive.all("activity")), None) or {}
    company = story.one("companies", name="Nettle Tuition") or {}
    deal = story.one("deals", id=meeting["deal_id"]) or {}
    story.check(
        "Pipedrive has her organization, her deal and the activity",
        holds=(activity.get("org_id"), activity.get("deal_id")) == (company.get("pd_org_id"), deal.get("pd_deal_id"))
        and meeting["pd_activity_id"] == activity.get("id") is not None,
    )
    story.reconcile()
    story.check("another pass writes nothing", holds=story.writes() == 0)
    story.check_in_step()


def _deletion(story: Story) -> None:
    story.tell(
        "An organization is deleted. Lists do not tell of that, and what merely is not there proves nothing: only a "
        "full read that misses it, and then Pipedrive's own word that it is gone."
    )
    story.pipedrive.delete("organization", _DELETED_ORG)
    story.reconcile()
    story.check("an ordinary pass deletes nothing", holds=story.one("companies", pd_org_id=_DELETED_ORG) is not None)
    summary = story.reconcile(full=True)
    asked = story.pipedrive.log.entries("GET", f"/organizations/{_DELETED_ORG}")
    story.check("Pipedrive was asked for it by its id", holds=bool(asked))
    story.check(
        "its Company is gone, with Contact and Deal", holds=summary.delete >= len(("company", "contact", "deal"))
    )
    story.check(
        "the cligency in TC2 is left alone",
        holds=any(client["id"] == _CLIENT_OF_DELETED for client in story.tc2.all_clients()),
    )
    story.check_in_step(alone=(_CLIENT_OF_DELETED,))


def _at_rest(story: Story) -> None:
    story.tell("At the end everything is read once more, to see that the three systems are at rest.")
    story.check("nothing is left to plan", holds=not has_actions(story.diff(full=True)))
    summary = story.reconcile(full=True)
    story.check("nothing was planned", holds=not has_actions(summary))
    story.check("nothing was written", holds=story.writes() == 0)
    story.check_in_step(alone=(_CLIENT_OF_DELETED,))


SCENES: Final = (
    _plan_first,
    _first_pass,
    _second_pass,
    _awkward_order,
    _edits_on_both_sides,
    _archived_deal,
    _booking,
    _deletion,
    _at_rest,
)
"""The story, scene by scene."""
