"""Cases of cligencies in which neighbours come close: several SRs, older Companies, and what was deleted on purpose."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core.changes import Why
from hermes_sync.core.records import Notice, RemoteKind, Sr
from tests.rules.cases import (
    ACME,
    ACME_IN_TC2,
    CLIGENCY,
    FREE_ACME,
    MARY,
    MARY_SR,
    POLICY,
    Case,
    Company,
    Contact,
    Create,
    Kind,
    Tell,
    Update,
    known,
)

OLDER = Company(id=200, name="Older")


def _number(digits: str) -> int:
    """Return a number that is an object of its own, as those of two rows of a database are."""
    return int(digits)


def _clients() -> Sequence[Case]:
    two = replace(CLIGENCY, recipients=(Sr(id=49, email="gone@example.com"), MARY_SR))
    blank = {"first_name": None, "last_name": None, "phone": None}
    elsewhere = Notice(
        code="linked-elsewhere",
        message="tc2:client:20 names Org 10, which belongs to Company 1: Company 2 was not linked to it",
        refs=("tc2:client:20",),
    )
    return (
        Case(
            row="tc2.cligency.updated/hermes.contact/exists",
            says="An SR whose Contact was deleted on purpose does not keep the next one from being updated.",
            given=[ACME_IN_TC2, replace(MARY, tc2_sr_id=50)],
            change=known(two),
            asks=[Update(Kind.CONTACT, 3, {"tc2_sr_id": 50})],
        ),
        Case(
            row="tc2.cligency.updated/hermes.contact/missing",
            says="Looked at again, it gets no other Contact.",
            given=[ACME_IN_TC2, replace(MARY, tc2_sr_id=50)],
            change=known(two),
        ),
        Case(
            row="tc2.cligency.updated/hermes.contact/missing",
            says="Nor does it when all that changed is what hermes-sync itself writes there.",
            given=[ACME_IN_TC2, replace(MARY, tc2_sr_id=50)],
            change=known(replace(two, pipedrive_deal_stage="Demo"), before=two, why=Why.SEEN),
        ),
        Case(
            row="tc2.cligency.updated/hermes.contact/missing",
            says="Nor does one of a cligency with a long number.",
            given=[replace(ACME_IN_TC2, tc2_cligency_id=_number("1020"))],
            change=known(replace(two, id=_number("1020"))),
        ),
        Case(
            row="tc2.cligency.updated/hermes.contact/missing",
            says="A Company that gets its cligency only now gets the Contacts too, although it is the same as before.",
            given=[FREE_ACME],
            change=known(replace(two, recipients=two.recipients[:1])),
            asks=[
                Create(Contact(id=1, company_id=1, tc2_sr_id=49)),
                Update(Kind.CONTACT, 1, {**blank, "email": "gone@example.com"}),
            ],
        ),
        Case(
            row="extra/tc2.pd-link",
            says="An Org that belongs to an older Company is not taken from it.",
            given=[ACME, replace(ACME_IN_TC2, id=2, pd_org_id=None)],
            living_orgs=frozenset({10}),
            change=known(replace(CLIGENCY, pipedrive_id="10")),
            asks=[elsewhere],
        ),
        Case(
            row="extra/tc2.pd-link",
            says="A client that is no cligency links nobody and says nothing.",
            given=[ACME],
            living_orgs=frozenset({10}),
            change=known(replace(CLIGENCY, agency_id=None, pipedrive_id="10")),
        ),
        Case(
            row="extra/tc2.pd-link",
            says="A cligency that names no Org links nobody.",
            given=[replace(ACME_IN_TC2, pd_org_id=None)],
            living_orgs=frozenset({10}),
            change=known(CLIGENCY),
        ),
    )


def _new_clients() -> Sequence[Case]:
    nameless = Sr(id=51)
    three = replace(CLIGENCY, email="Office@example.com", recipients=(nameless, MARY_SR, Sr(id=52)))
    blank = {"first_name": None, "last_name": None, "email": None, "phone": None}
    row = "tc2.cligency.updated"
    changed = known(three, before=replace(three, status="active"), why=Why.SEEN)
    kept = replace(POLICY, recreate_deleted=False)
    return (
        Case(
            row=f"{row}/hermes.contact/missing",
            says="The Contacts of a Company that is made now get ids of their own, one after the other.",
            given=[OLDER, replace(MARY, id=8, company_id=200, email=None)],
            change=changed,
            asks=[
                Create(Contact(id=9, company_id=201, tc2_sr_id=51)),
                Update(Kind.CONTACT, 9, {**blank, "email": "office@example.com"}),
                Create(Contact(id=10, company_id=201, tc2_sr_id=50)),
                Update(
                    Kind.CONTACT,
                    10,
                    {"first_name": "Mary", "last_name": "Booth", "email": "mary@example.com", "phone": None},
                ),
                Create(Contact(id=11, company_id=201, tc2_sr_id=52)),
                Update(Kind.CONTACT, 11, blank),
            ],
        ),
        Case(
            row=f"{row}/pd.person/missing",
            says="Each of them asks for a Person.",
            change=changed,
            asks=[Tell(RemoteKind.PERSON, 1), Tell(RemoteKind.PERSON, 2), Tell(RemoteKind.PERSON, 3)],
        ),
        Case(
            row=f"{row}/pd.org/missing",
            says="A Company that is made now asks for an Org.",
            given=[OLDER],
            change=changed,
            asks=[Tell(RemoteKind.ORGANIZATION, 201)],
        ),
        *(
            Case(
                row=f"{row}/{what}",
                says="Of a Company that was deleted on purpose nothing comes back.",
                policy=kept,
                change=changed,
            )
            for what in ("pd.org/missing", "pd.person/missing", "hermes.contact/missing")
        ),
        Case(
            row=f"{row}/hermes.contact/exists",
            says="The first SR without an e-mail is known by the client's.",
            given=[ACME_IN_TC2, Contact(id=7, company_id=1, email="office@example.com")],
            change=changed,
            asks=[Update(Kind.CONTACT, 7, {"tc2_sr_id": 51, **blank, "email": "office@example.com"})],
        ),
    )


CASES: Sequence[Case] = (*_clients(), *_new_clients())
