"""Cases of `rules/pd_org.py`."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core import ownership
from hermes_sync.core.changes import Why
from hermes_sync.core.records import Notice, Ref, RemoteKind
from tests.rules.cases import (
    ACME,
    ACME_IN_TC2,
    CALL,
    FREE_ACME,
    MARY,
    ORG,
    POLICY,
    SALE,
    Case,
    Company,
    Create,
    Delete,
    Kind,
    Nothing,
    Tell,
    Update,
    gone,
    known,
    new,
)

STATED = {"name": "Acme", "country": "GB", "sales_person_id": 1, "website": "acme.example.com"}
EVERYTHING = {**STATED, "paid_invoice_count": 0, "support_person_id": None}
UNKNOWN_OWNER = Notice(
    code="unknown-admin",
    message="pipedrive:organization:10: Pipedrive user 5 is no admin of the config, so sales_person_id stays as it "
    "was; add an [[admins]] entry with pd_owner_id = 5",
    refs=("pipedrive:organization:10",),
)


def _created() -> Sequence[Case]:
    row = "pd.org.created/hermes.company"
    return (
        Case(
            row=f"{row}/exists",
            says="A Company with this link gets what the Org states.",
            given=[ACME],
            change=new(ORG),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10, **EVERYTHING})],
        ),
        Case(
            row=f"{row}/exists",
            says="A Company of the same name without an Org is the Org's Company.",
            given=[replace(FREE_ACME, name=" aCME ")],
            change=new(ORG),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10, **EVERYTHING})],
        ),
        Case(
            row=f"{row}/exists",
            says="A Company that the Org's hermes_id names is its Company.",
            given=[replace(FREE_ACME, name="Other")],
            change=new(replace(ORG, hermes_id="1")),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10, **EVERYTHING})],
        ),
        Case(
            row=f"{row}/exists",
            says="A hermes_id whose Company has another living Org is not followed.",
            given=[replace(ACME, name="Other", pd_org_id=11)],
            living_orgs=frozenset({11}),
            change=new(replace(ORG, hermes_id="1")),
        ),
        Case(
            row=f"{row}/exists",
            says="A hermes_id whose Company has an Org that is gone is followed.",
            given=[replace(ACME, name="Other", pd_org_id=11)],
            change=new(replace(ORG, hermes_id="1")),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10, **EVERYTHING})],
        ),
        Case(
            row=f"{row}/exists",
            says="A Company whose cligency names the Org keeps what TC2 owns and takes the rest.",
            given=[replace(ACME_IN_TC2, name="Other", pd_org_id=None)],
            clients_naming_org={10: (20,)},
            change=new(ORG),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10, "name": "Acme", "country": "GB", "sales_person_id": 1})],
        ),
        Case(
            row=f"{row}/exists",
            says="An owner whom no admin is leaves the sales person as it was, with a notice.",
            given=[ACME],
            change=new(replace(ORG, owner_id=5)),
            asks=[
                UNKNOWN_OWNER,
                Update(
                    Kind.COMPANY,
                    1,
                    {"pd_org_id": 10, **{k: v for k, v in EVERYTHING.items() if k != "sales_person_id"}},
                ),
            ],
        ),
        Case(row=f"{row}/exists", says="Without a match there is nothing to update.", change=new(ORG)),
        Case(
            row=f"{row}/missing",
            says="An Org without a Company gets one, with its owner as sales person.",
            change=new(ORG),
            asks=[
                Create(Company(id=1, name="Acme", pd_org_id=10, created="2026-01-01T00:00:00Z")),
                Update(Kind.COMPANY, 1, EVERYTHING),
            ],
        ),
        Case(
            row=f"{row}/missing",
            says="Of two Companies of that name none is taken: a third is made, with a notice.",
            given=[FREE_ACME, replace(FREE_ACME, id=2)],
            change=new(ORG),
            asks=[
                Notice(
                    code="ambiguous-match",
                    message="pipedrive:organization:10 fits 2 by name (Company 1, 2): none of them was taken",
                    refs=("pipedrive:organization:10",),
                ),
                Create(Company(id=3, name="Acme", pd_org_id=10, created="2026-01-01T00:00:00Z")),
                Update(Kind.COMPANY, 3, EVERYTHING),
            ],
        ),
        Case(row=f"{row}/missing", says="An Org with a Company gets no second one.", given=[ACME], change=new(ORG)),
    )


def _updated() -> Sequence[Case]:
    row = "pd.org.updated/hermes.company"
    changed = known(ORG, before=replace(ORG, name="Old"), why=Why.SEEN)
    return (
        Case(
            row=f"{row}/exists",
            says="A change of the Org reaches its Company.",
            given=[ACME],
            change=changed,
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10, **EVERYTHING})],
        ),
        Case(row=f"{row}/exists", says="Without a Company there is nothing to update.", change=changed),
        Case(
            row=f"{row}/missing",
            says="An Org that changed after its Company was deleted gets a new one.",
            change=changed,
            asks=[
                Create(Company(id=1, name="Acme", pd_org_id=10, created="2026-01-01T00:00:00Z")),
                Update(Kind.COMPANY, 1, EVERYTHING),
            ],
        ),
        Case(
            row=f"{row}/missing",
            says="With recreate_deleted off a deleted Company does not come back.",
            policy=replace(POLICY, recreate_deleted=False),
            change=changed,
            asks=[Nothing("its Company was deleted, and rules.recreate_deleted is false")],
        ),
        Case(
            row="pd.org.created/hermes.company/missing",
            says="An Org that hermes-sync created brings no Company back by being read for the first time.",
            change=replace(new(ORG), is_ours=True),
            asks=[Nothing("hermes-sync created the Org, and its Company was deleted since")],
        ),
        Case(
            row=f"{row}/missing",
            says="Looking at an unchanged Org again creates nothing.",
            change=known(ORG),
            asks=[Nothing("the Org is unchanged: looking at it again creates nothing")],
        ),
        Case(row=f"{row}/missing", says="An Org with a Company gets no second one.", given=[ACME], change=changed),
    )


def _told() -> Sequence[Case]:
    return tuple(
        case
        for verb, change in (("created", new(ORG)), ("updated", known(ORG)))
        for case in (
            Case(
                row=f"pd.org.{verb}/tc2.cligency/exists",
                says="The cligency of the Company is told.",
                given=[ACME_IN_TC2],
                change=change,
                asks=[Tell(RemoteKind.CLIENT, 1)],
            ),
            Case(
                row=f"pd.org.{verb}/tc2.cligency/exists",
                says="A Company without a cligency tells nobody.",
                given=[ACME],
                change=change,
            ),
            Case(
                row=f"pd.org.{verb}/tc2.cligency/missing",
                says="A Company without a cligency is a reason to do nothing.",
                given=[ACME],
                change=change,
                asks=[Nothing("the Company has no cligency")],
            ),
            Case(
                row=f"pd.org.{verb}/tc2.cligency/missing",
                says="This row is silent where there is a cligency.",
                given=[ACME_IN_TC2],
                change=change,
            ),
        )
    )


def _deleted() -> Sequence[Case]:
    around = [ACME_IN_TC2, MARY, SALE, CALL]
    row = "pd.org.deleted"
    silent = "Nothing is deleted where no Company has this Org."
    return (
        Case(
            row=f"{row}/hermes.company/exists",
            says="The Company of a deleted Org is deleted.",
            given=around,
            change=gone(ORG),
            asks=[Delete(Kind.COMPANY, 1)],
        ),
        Case(row=f"{row}/hermes.company/exists", says=silent, change=gone(ORG)),
        Case(
            row=f"{row}/hermes.company/missing",
            says="A deleted Org without a Company changes nothing.",
            change=gone(ORG),
            asks=[Nothing("no Company has this Org")],
        ),
        Case(
            row=f"{row}/hermes.company/missing",
            says="This row is silent where there is a Company.",
            given=around,
            change=gone(ORG),
        ),
        Case(
            row=f"{row}/hermes.contact",
            says="The Company's Contacts are deleted.",
            given=around,
            change=gone(ORG),
            asks=[Delete(Kind.CONTACT, 3)],
        ),
        Case(row=f"{row}/hermes.contact", says=silent, change=gone(ORG)),
        Case(
            row=f"{row}/hermes.deal",
            says="The Company's Deals are deleted.",
            given=around,
            change=gone(ORG),
            asks=[Delete(Kind.DEAL, 5)],
        ),
        Case(row=f"{row}/hermes.deal", says=silent, change=gone(ORG)),
        Case(
            row=f"{row}/hermes.meeting",
            says="The Company's Meetings are deleted.",
            given=around,
            change=gone(ORG),
            asks=[Delete(Kind.MEETING, 6)],
        ),
        Case(row=f"{row}/hermes.meeting", says=silent, change=gone(ORG)),
        Case(
            row=f"{row}/tc2.cligency/exists",
            says="The cligency of a deleted Org's Company stays as it is.",
            given=around,
            change=gone(ORG),
            asks=[Nothing("the cligency stays as it is")],
        ),
        Case(
            row=f"{row}/tc2.cligency/exists",
            says="This row is silent without a cligency.",
            given=[ACME],
            change=gone(ORG),
        ),
        Case(
            row=f"{row}/tc2.cligency/missing",
            says="Without a cligency nothing is done.",
            given=[ACME],
            change=gone(ORG),
            asks=[Nothing("the Company has no cligency")],
        ),
        Case(
            row=f"{row}/tc2.cligency/missing",
            says="This row is silent where there is a cligency.",
            given=around,
            change=gone(ORG),
        ),
    )


def _merged() -> Sequence[Case]:
    row = "extra/pd.merge"
    winner = Company(id=2, name="Winner", pd_org_id=11)
    merged = {Ref(RemoteKind.ORGANIZATION, 10): Ref(RemoteKind.ORGANIZATION, 11)}
    handed_on = {name: getattr(ACME_IN_TC2, name) for name in sorted(ownership.TC2_OWNED)}
    moves = [
        Update(Kind.CONTACT, 3, {"company_id": 2}),
        Update(Kind.DEAL, 5, {"company_id": 2}),
        Update(Kind.MEETING, 6, {"company_id": 2}),
    ]
    ends = [Delete(Kind.COMPANY, 1), Tell(RemoteKind.ORGANIZATION, 2)]
    both = Notice(
        code="merged-cligencies",
        message="pipedrive:organization:10 was merged into pipedrive:organization:11, and both had a cligency: "
        "Company 2 keeps 21; cligency 20 has no Company now",
        refs=("pipedrive:organization:10", "tc2:client:20"),
    )
    return (
        Case(
            row=row,
            says="What lives on under the winner moves there, Meetings too; the cligency goes along.",
            given=[ACME_IN_TC2, winner, MARY, SALE, CALL],
            merged_into=merged,
            change=gone(ORG),
            asks=[*moves, Update(Kind.COMPANY, 2, {**handed_on, "has_signed_up": True}), *ends],
        ),
        Case(
            row=row,
            says="A winner with a cligency of its own keeps it, with a notice.",
            given=[ACME_IN_TC2, replace(winner, tc2_cligency_id=21)],
            merged_into=merged,
            change=gone(ORG),
            asks=[both, *ends],
        ),
        Case(
            row=row,
            says="A winner without a Company takes the loser's.",
            given=[ACME],
            merged_into=merged,
            change=gone(ORG),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 11}), Tell(RemoteKind.ORGANIZATION, 1)],
        ),
        Case(row=row, says="A deletion is no merge.", given=[ACME, winner], change=gone(ORG)),
        Case(
            row="pd.org.deleted/hermes.company/exists",
            says="The Company of a merged Org is the merge's business.",
            given=[ACME, winner],
            merged_into=merged,
            change=gone(ORG),
        ),
    )


CASES: Sequence[Case] = (*_created(), *_updated(), *_told(), *_deleted(), *_merged())
