"""Cases of `rules/tc2_cligency.py`."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core.changes import AnyChange, Why
from hermes_sync.core.records import Notice, RemoteKind
from tests.rules.cases import (
    ACME,
    ACME_IN_TC2,
    CALL,
    CLIGENCY,
    FREE_ACME,
    FREE_MARY,
    MARY,
    ORG,
    POLICY,
    SALE,
    Case,
    Company,
    Contact,
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

TC2_FIELDS = {
    "tc2_cligency_id": 20,
    "tc2_agency_id": 30,
    "tc2_status": "trial",
    "website": None,
    "narc": False,
    "paid_invoice_count": 0,
    "price_plan": "payg",
    "signup_questionnaire": None,
    "utm_source": None,
    "support_person_id": None,
    "bdr_person_id": None,
}
BOTH_OWNED = {**TC2_FIELDS, "name": "Acme", "country": None, "sales_person_id": 1}
SR_FIELDS = {"first_name": "Mary", "last_name": "Booth", "email": "mary@example.com", "phone": None}
LINKED_MARY = replace(MARY, tc2_sr_id=50)
CHANGED = known(CLIGENCY, before=replace(CLIGENCY, status="active"), why=Why.SEEN)
LINKING = replace(CLIGENCY, pipedrive_id="10")


def _written(verb: str, change: AnyChange) -> Sequence[Case]:
    row = f"tc2.cligency.{verb}"
    return (
        Case(
            row=f"{row}/hermes.company/exists",
            says="A Company with an Org takes what TC2 owns and keeps what Pipedrive owns.",
            given=[ACME_IN_TC2],
            change=change,
            asks=[Update(Kind.COMPANY, 1, {**TC2_FIELDS, "has_signed_up": True})],
        ),
        Case(
            row=f"{row}/hermes.company/exists",
            says="A Company of that name without a cligency is the cligency's.",
            given=[FREE_ACME],
            change=change,
            asks=[Update(Kind.COMPANY, 1, {**BOTH_OWNED, "has_signed_up": True})],
        ),
        Case(
            row=f"{row}/hermes.company/exists",
            says="A Company that a recipient's e-mail leads to is the cligency's.",
            given=[Company(id=1, name="Other"), FREE_MARY],
            change=change,
            asks=[Update(Kind.COMPANY, 1, {**BOTH_OWNED, "has_signed_up": True})],
        ),
        Case(row=f"{row}/hermes.company/exists", says="Without a match nothing is updated.", change=change),
        Case(
            row=f"{row}/hermes.company/missing",
            says="A cligency without a Company gets one.",
            change=change,
            asks=[
                Create(Company(id=1, name="Acme", has_signed_up=True)),
                Update(Kind.COMPANY, 1, BOTH_OWNED),
            ],
        ),
        Case(
            row=f"{row}/hermes.company/missing",
            says="A cligency with a Company gets no second one.",
            given=[ACME_IN_TC2],
            change=change,
        ),
        Case(
            row=f"{row}/hermes.contact/exists",
            says="A Contact with the SR's e-mail gets its id; its Person owns the rest.",
            given=[ACME_IN_TC2, MARY],
            change=change,
            asks=[Update(Kind.CONTACT, 3, {"tc2_sr_id": 50})],
        ),
        Case(
            row=f"{row}/hermes.contact/exists",
            says="A blank of the Contact is filled, also where Pipedrive owns it.",
            given=[ACME_IN_TC2, replace(LINKED_MARY, email=None)],
            change=change,
            asks=[Update(Kind.CONTACT, 3, {"tc2_sr_id": 50, "email": "mary@example.com"})],
        ),
        Case(
            row=f"{row}/hermes.contact/exists",
            says="Without a Contact there is nothing to update.",
            given=[ACME_IN_TC2],
            change=change,
        ),
        Case(
            row=f"{row}/hermes.contact/missing",
            says="An SR without a Contact gets one.",
            given=[ACME_IN_TC2],
            change=change,
            asks=[Create(Contact(id=1, company_id=1, tc2_sr_id=50)), Update(Kind.CONTACT, 1, SR_FIELDS)],
        ),
        Case(
            row=f"{row}/hermes.contact/missing",
            says="An SR with a Contact gets no second one.",
            given=[ACME_IN_TC2, LINKED_MARY],
            change=change,
        ),
        Case(
            row=f"{row}/pd.org/exists",
            says="The Org of the Company is told.",
            given=[ACME_IN_TC2],
            change=change,
            asks=[Tell(RemoteKind.ORGANIZATION, 1)],
        ),
        Case(row=f"{row}/pd.org/exists", says="Without an Org none is told.", given=[FREE_ACME], change=change),
        Case(
            row=f"{row}/pd.org/missing",
            says="A Company without an Org asks for one.",
            given=[FREE_ACME],
            change=change,
            asks=[Tell(RemoteKind.ORGANIZATION, 1)],
        ),
        Case(
            row=f"{row}/pd.org/missing",
            says="A Company with an Org asks for none.",
            given=[ACME_IN_TC2],
            change=change,
        ),
        Case(
            row=f"{row}/pd.person/exists",
            says="The Person of the SR's Contact is told.",
            given=[ACME_IN_TC2, LINKED_MARY],
            change=change,
            asks=[Tell(RemoteKind.PERSON, 3)],
        ),
        Case(
            row=f"{row}/pd.person/exists",
            says="Without a Person none is told.",
            given=[ACME_IN_TC2, FREE_MARY],
            change=change,
        ),
        Case(
            row=f"{row}/pd.person/missing",
            says="A Contact without a Person asks for one.",
            given=[ACME_IN_TC2, FREE_MARY],
            change=change,
            asks=[Tell(RemoteKind.PERSON, 3)],
        ),
        Case(
            row=f"{row}/pd.person/missing",
            says="A Contact with a Person asks for none.",
            given=[ACME_IN_TC2, LINKED_MARY],
            change=change,
        ),
    )


def _odd() -> Sequence[Case]:
    elsewhere = Notice(
        code="linked-elsewhere",
        message="tc2:client:20 names Org 10, which belongs to Company 2: Company 1 was not linked to it",
        refs=("tc2:client:20",),
    )
    return (
        Case(
            row="tc2.cligency.created/hermes.company/exists",
            says="A client without a meta_agency is no cligency.",
            change=new(replace(CLIGENCY, agency_id=None)),
            asks=[Nothing("the client has no meta_agency: it is no cligency")],
        ),
        Case(
            row="tc2.cligency.updated/hermes.company/missing",
            says="With recreate_deleted off a deleted Company does not come back.",
            policy=replace(POLICY, recreate_deleted=False),
            change=CHANGED,
            asks=[Nothing("its Company was deleted, and nothing asks for it back")],
        ),
        Case(
            row="extra/tc2.pd-link",
            says="A link set in TC2 links a Company without an Org to an Org without a Company.",
            given=[replace(ACME_IN_TC2, pd_org_id=None)],
            living_orgs=frozenset({10}),
            change=known(LINKING),
            asks=[Update(Kind.COMPANY, 1, {"pd_org_id": 10})],
        ),
        Case(
            row="extra/tc2.pd-link",
            says="An Org that belongs to another Company is not taken from it.",
            given=[replace(ACME_IN_TC2, pd_org_id=None), replace(ACME, id=2)],
            living_orgs=frozenset({10}),
            change=known(LINKING),
            asks=[elsewhere],
        ),
        Case(
            row="extra/tc2.pd-link",
            says="A Company that has an Org stays with it.",
            given=[replace(ACME_IN_TC2, pd_org_id=11)],
            living_orgs=frozenset({10}),
            change=known(LINKING),
        ),
        Case(
            row="extra/tc2.pd-link",
            says="An Org that is gone links nobody.",
            given=[replace(ACME_IN_TC2, pd_org_id=None)],
            change=known(LINKING),
        ),
    )


def _deleted() -> Sequence[Case]:
    around = [ACME_IN_TC2, MARY, SALE, CALL]
    row = "tc2.cligency.deleted"
    return (
        Case(
            row=f"{row}/hermes.company/exists",
            says="The Company goes, with its Deals and Meetings.",
            given=around,
            change=gone(CLIGENCY),
            asks=[Delete(Kind.COMPANY, 1), Delete(Kind.DEAL, 5), Delete(Kind.MEETING, 6)],
        ),
        Case(row=f"{row}/hermes.company/exists", says="Without a Company nothing goes.", change=gone(CLIGENCY)),
        Case(
            row=f"{row}/hermes.company/missing",
            says="Without a Company nothing is done.",
            change=gone(CLIGENCY),
            asks=[Nothing("no Company has this cligency")],
        ),
        Case(row=f"{row}/hermes.company/missing", says="Silent with a Company.", given=around, change=gone(CLIGENCY)),
        Case(
            row=f"{row}/hermes.contact/exists",
            says="Its Contacts go.",
            given=around,
            change=gone(CLIGENCY),
            asks=[Delete(Kind.CONTACT, 3)],
        ),
        Case(row=f"{row}/hermes.contact/exists", says="Without Contacts none goes.", change=gone(CLIGENCY)),
        Case(
            row=f"{row}/hermes.contact/missing",
            says="Without Contacts nothing is done.",
            given=[ACME_IN_TC2],
            change=gone(CLIGENCY),
            asks=[Nothing("the cligency has no Contacts")],
        ),
        Case(row=f"{row}/hermes.contact/missing", says="Silent with Contacts.", given=around, change=gone(CLIGENCY)),
        *(
            case
            for what, reason in (("pd.org", "the Org stays"), ("pd.person", "the Person stays"))
            for case in (
                Case(
                    row=f"{row}/{what}", says="Pipedrive is left alone.", change=gone(CLIGENCY), asks=[Nothing(reason)]
                ),
                Case(row=f"{row}/{what}", says="An Org is not for this row.", change=gone(ORG)),
            )
        ),
    )


CASES: Sequence[Case] = (*_written("created", new(CLIGENCY)), *_written("updated", CHANGED), *_odd(), *_deleted())
