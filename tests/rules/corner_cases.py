"""Cases in which neighbours come close: objects of other Companies, older and newer ones, and what is said anew."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core.changes import Change
from hermes_sync.core.objects import HermesObject
from hermes_sync.core.records import Reach, RemoteKind
from tests.rules.cases import (
    ACME,
    ACME_IN_TC2,
    CALL,
    CLIGENCY,
    DEAL,
    MARY,
    ORG,
    PERSON,
    SALE,
    Case,
    Company,
    Delete,
    Kind,
    Nothing,
    Tell,
    Update,
    gone,
    known,
    ref_of,
)


def _number(digits: str) -> int:
    """Return a number that is an object of its own, as those of two rows of a database are."""
    return int(digits)


GOING = replace(ACME, id=_number("300"), tc2_cligency_id=20)
OLDER, NEWER = Company(id=200, name="Older"), Company(id=400, name="Newer")
THEIRS = replace(MARY, company_id=_number("300"))
OWN_SALE = replace(SALE, company_id=_number("300"))
OWN_CALL = replace(CALL, company_id=_number("300"))
AROUND: Sequence[HermesObject] = (
    GOING,
    OLDER,
    NEWER,
    THEIRS,
    OWN_SALE,
    replace(SALE, id=51, pd_deal_id=71, company_id=200),
    replace(SALE, id=52, pd_deal_id=72, company_id=400),
    OWN_CALL,
    replace(CALL, id=61, company_id=200),
    replace(CALL, id=62, company_id=400),
    replace(CALL, id=63, company_id=400, contact_id=None),
)


def _cascades() -> Sequence[Case]:
    contacts = (
        Delete(Kind.CONTACT, 3),
        Update(Kind.DEAL, 51, {"contact_id": None}),
        Update(Kind.DEAL, 52, {"contact_id": None}),
        Delete(Kind.MEETING, 61),
        Delete(Kind.MEETING, 62),
    )
    deals = (
        Delete(Kind.DEAL, 5),
        Update(Kind.MEETING, 61, {"deal_id": None}),
        Update(Kind.MEETING, 62, {"deal_id": None}),
        Update(Kind.MEETING, 63, {"deal_id": None}),
    )
    return (
        Case(
            row="pd.org.deleted/hermes.contact",
            says="A Contact is taken off the Deals of other Companies, older and newer, and its Meetings there go.",
            given=AROUND,
            change=gone(ORG),
            asks=contacts,
        ),
        Case(
            row="pd.org.deleted/hermes.deal",
            says="A Deal is taken off the Meetings of other Companies, older and newer.",
            given=AROUND,
            change=gone(ORG),
            asks=deals,
        ),
        Case(
            row="pd.org.deleted/hermes.meeting",
            says="Of the Meetings only those of the Company go here.",
            given=AROUND,
            change=gone(ORG),
            asks=[Delete(Kind.MEETING, 6)],
        ),
        Case(
            row="tc2.cligency.deleted/hermes.contact/exists",
            says="The same when the cligency goes.",
            given=AROUND,
            change=gone(CLIGENCY),
            asks=contacts,
        ),
        Case(
            row="tc2.cligency.deleted/hermes.company/exists",
            says="The same of the Company and its Deals.",
            given=AROUND,
            change=gone(CLIGENCY),
            asks=[Delete(Kind.COMPANY, 300), *deals, Delete(Kind.MEETING, 6)],
        ),
    )


def _moves() -> Sequence[Case]:
    other = replace(ACME_IN_TC2, id=2, pd_org_id=11, tc2_cligency_id=21, tc2_agency_id=31)
    moved = Change(ref=ref_of(DEAL), before=DEAL, after=replace(DEAL, org_id=11))
    lost = Change(ref=ref_of(DEAL), before=DEAL, after=replace(DEAL, org_id=12))
    row = "pd.deal.updated/tc2.cligency"
    return (
        Case(
            row=f"{row}/exists",
            says="Of a Deal that moves the new Company's cligency is told by this row.",
            given=[ACME_IN_TC2, other, SALE],
            change=moved,
            asks=[Tell(RemoteKind.CLIENT, 2)],
        ),
        Case(
            row=f"{row}/exists",
            says="Of a Deal whose Org nobody knows the cligency of the Company that it stays with is told.",
            given=[ACME_IN_TC2, other, SALE],
            change=lost,
            asks=[Tell(RemoteKind.CLIENT, 1)],
        ),
        Case(
            row=f"{row}/missing",
            says="A Deal that moves to a Company without a cligency tells none.",
            given=[ACME_IN_TC2, replace(other, tc2_cligency_id=None), SALE],
            change=moved,
            asks=[Nothing("the Company has no cligency")],
        ),
    )


def _persons() -> Sequence[Case]:
    silent = replace(PERSON, emails=())
    phoned = replace(silent, phones=(Reach(value="0131 496 0000"),))
    linked = replace(MARY, tc2_sr_id=50)
    names = {"pd_person_id": 40, "company_id": 1, "first_name": "Mary", "last_name": "Booth"}
    others = {"pd_person_id": 40, "company_id": 1}
    row = "pd.person.updated/hermes.contact/exists"
    return (
        Case(
            row=row,
            says="What a Person says for the first time is taken.",
            given=[ACME, linked],
            change=known(PERSON, before=silent),
            asks=[Update(Kind.CONTACT, 3, {**names, "email": "mary@example.com"})],
        ),
        Case(
            row=row,
            says="What a Person said and says no more is cleared; what it never said is left to the cligency.",
            given=[ACME, linked],
            change=known(phoned, before=PERSON),
            asks=[Update(Kind.CONTACT, 3, {**names, "email": None, "phone": "0131 496 0000"})],
        ),
        Case(
            row=row,
            says="A last name alone, which Pipedrive takes for a first name, stays what it is.",
            given=[ACME, replace(linked, first_name=None)],
            change=known(replace(PERSON, name="Booth", first_name="Booth", last_name=None)),
            asks=[Update(Kind.CONTACT, 3, {**others, "email": "mary@example.com"})],
        ),
        Case(
            row=row,
            says="One word that is not the last name is a first name.",
            given=[ACME, replace(linked, first_name=None)],
            change=known(replace(PERSON, name="Mary", first_name="Mary", last_name=None)),
            asks=[Update(Kind.CONTACT, 3, {**others, "first_name": "Mary", "email": "mary@example.com"})],
        ),
    )


def _merges() -> Sequence[Case]:
    winner = replace(MARY, id=4, pd_person_id=41)
    merged = {ref_of(PERSON): replace(ref_of(PERSON), id=41)}
    ends = [Delete(Kind.CONTACT, 3), Tell(RemoteKind.PERSON, 4)]
    return tuple(
        Case(
            row="extra/pd.merge",
            says=says,
            given=[ACME, replace(MARY, tc2_sr_id=loses), replace(winner, tc2_sr_id=has)],
            merged_into=merged,
            change=gone(PERSON),
            asks=[*handed_on, *ends],
        )
        for says, loses, has, handed_on in (
            ("Two Contacts without an SR become one without.", None, None, ()),
            ("The SR of the one that wins stays.", None, 51, ()),
            ("Of two SRs that of the one that wins stays.", 50, 51, ()),
            ("An SR moves to the one that has none.", 50, None, (Update(Kind.CONTACT, 4, {"tc2_sr_id": 50}),)),
        )
    )


CASES: Sequence[Case] = (*_cascades(), *_moves(), *_persons(), *_merges())
