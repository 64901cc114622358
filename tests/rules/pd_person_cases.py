"""Cases of `rules/pd_person.py`."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core.changes import Why
from hermes_sync.core.records import Notice, Reach, Ref, RemoteKind
from tests.rules.cases import (
    ACME,
    CALL,
    FREE_MARY,
    MARY,
    ORG,
    PERSON,
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

STATED = {"first_name": "Mary", "last_name": "Booth", "email": "mary@example.com", "phone": None}
WITHOUT_ORG = replace(PERSON, org_id=None)
LINKED = Update(Kind.CONTACT, 3, {"pd_person_id": 40, "company_id": 1, **STATED})
KEPT = Notice(
    code="kept-company",
    message="pipedrive:person:40 has no Org any more: its Contact 3 stays with Company 1",
    refs=("pipedrive:person:40",),
)


def _created() -> Sequence[Case]:
    row = "pd.person.created/hermes.contact"
    return (
        Case(
            row=f"{row}/exists",
            says="A Contact with one of the Person's e-mails, at the Company of its Org, is its Contact.",
            given=[ACME, replace(FREE_MARY, first_name="M.")],
            change=new(PERSON),
            asks=[LINKED],
        ),
        Case(
            row=f"{row}/exists",
            says="Without the e-mail the full name decides.",
            given=[ACME, replace(FREE_MARY, email=None)],
            change=new(PERSON),
            asks=[LINKED],
        ),
        Case(
            row=f"{row}/exists",
            says="A Contact that the hermes_id names is its Contact.",
            given=[ACME, replace(FREE_MARY, first_name="M.", email=None)],
            change=new(replace(PERSON, hermes_id="3")),
            asks=[LINKED],
        ),
        Case(
            row=f"{row}/exists",
            says="A Contact of another Company is not taken by its e-mail.",
            given=[ACME, Company(id=2, name="Other"), replace(FREE_MARY, company_id=2)],
            change=new(PERSON),
        ),
        Case(
            row=f"{row}/missing-with-org",
            says="A Person with an Org gets a Contact at its Company.",
            given=[ACME],
            change=new(PERSON),
            asks=[Create(Contact(id=1, company_id=1, pd_person_id=40)), Update(Kind.CONTACT, 1, STATED)],
        ),
        Case(
            row=f"{row}/missing-with-org",
            says="A Person known only by one word and a second phone gets what there is.",
            given=[ACME],
            change=new(
                replace(
                    PERSON,
                    name="Mary",
                    first_name=None,
                    last_name=None,
                    emails=(),
                    phones=(Reach(value=" "), Reach(value="020 7946 0000")),
                )
            ),
            asks=[
                Create(Contact(id=1, company_id=1, pd_person_id=40)),
                Update(
                    Kind.CONTACT,
                    1,
                    {"first_name": "Mary", "last_name": None, "email": None, "phone": "020 7946 0000"},
                ),
            ],
        ),
        Case(
            row=f"{row}/missing-with-org",
            says="Of two Contacts with that e-mail none is taken: a third is made, with a notice.",
            given=[ACME, FREE_MARY, replace(FREE_MARY, id=4)],
            change=new(PERSON),
            asks=[
                Notice(
                    code="ambiguous-match",
                    message="pipedrive:person:40 fits 2 by e-mail (Contact 3, 4): none of them was taken",
                    refs=("pipedrive:person:40",),
                ),
                Create(Contact(id=5, company_id=1, pd_person_id=40)),
                Update(Kind.CONTACT, 5, STATED),
            ],
        ),
        Case(
            row=f"{row}/missing-with-org",
            says="A Person whose Org has no Company in Hermes waits for it.",
            change=new(PERSON),
            asks=[Nothing("the Company of its Org is not in Hermes")],
        ),
        Case(
            row=f"{row}/missing-with-org",
            says="An unchanged Person whose Contact was deleted stays deleted when it is looked at again.",
            given=[ACME],
            change=known(PERSON),
            asks=[Nothing("the Person is unchanged: looking at it again creates nothing")],
        ),
        Case(
            row=f"{row}/missing-with-org",
            says="An unchanged Person whose Company came into being gets its Contact.",
            given=[ACME],
            change=known(PERSON, why=Why.AGAIN),
            asks=[Create(Contact(id=1, company_id=1, pd_person_id=40)), Update(Kind.CONTACT, 1, STATED)],
        ),
        Case(
            row=f"{row}/missing-with-org", says="A Person without an Org is not for this row.", change=new(WITHOUT_ORG)
        ),
        Case(
            row=f"{row}/missing-without-org",
            says="A new Person without an Org is ignored.",
            change=new(WITHOUT_ORG),
            asks=[Nothing("the Person has no Org")],
        ),
        Case(
            row=f"{row}/missing-without-org",
            says="A Person with an Org is not for this row.",
            given=[ACME],
            change=new(PERSON),
        ),
    )


def _updated() -> Sequence[Case]:
    row = "pd.person.updated/hermes.contact"
    other = Company(id=2, name="Other", pd_org_id=11)
    return (
        Case(
            row=f"{row}/exists",
            says="A change of the Person reaches its Contact.",
            given=[ACME, MARY],
            change=known(PERSON),
            asks=[LINKED],
        ),
        Case(
            row=f"{row}/exists",
            says="A Person that moved to another Org takes its Contact along.",
            given=[ACME, other, MARY],
            change=known(replace(PERSON, org_id=11), before=PERSON, why=Why.SEEN),
            asks=[Update(Kind.CONTACT, 3, {"pd_person_id": 40, "company_id": 2, **STATED})],
        ),
        Case(
            row=f"{row}/exists",
            says="A Person whose Org was emptied stays with its Company, with a notice.",
            given=[ACME, MARY],
            change=known(WITHOUT_ORG, before=PERSON, why=Why.SEEN),
            asks=[KEPT, Update(Kind.CONTACT, 3, {"pd_person_id": 40, **STATED})],
        ),
        Case(row=f"{row}/exists", says="Without a Contact there is nothing to update.", change=known(WITHOUT_ORG)),
        Case(
            row=f"{row}/missing-without-org",
            says="A known Person without an Org and a Contact is ignored.",
            change=known(WITHOUT_ORG),
            asks=[Nothing("the Person has no Org")],
        ),
        Case(
            row=f"{row}/missing-without-org",
            says="A Person with a Contact is not for this row.",
            given=[ACME, MARY],
            change=known(WITHOUT_ORG),
        ),
    )


def _deleted() -> Sequence[Case]:
    row = "pd.person.deleted/hermes.contact"
    return (
        Case(
            row=f"{row}/exists",
            says="The Contact is deleted, blanked on Deals, and its Meetings are deleted.",
            given=[ACME, MARY, SALE, CALL],
            change=gone(PERSON),
            asks=[
                Delete(Kind.CONTACT, 3),
                Update(Kind.DEAL, 5, {"contact_id": None}),
                Delete(Kind.MEETING, 6),
            ],
        ),
        Case(row=f"{row}/exists", says="Without a Contact nothing is deleted.", change=gone(PERSON)),
        Case(
            row=f"{row}/missing",
            says="A deleted Person without a Contact changes nothing.",
            change=gone(PERSON),
            asks=[Nothing("no Contact has this Person")],
        ),
        Case(row=f"{row}/missing", says="Silent where there is a Contact.", given=[MARY], change=gone(PERSON)),
    )


def _left() -> Sequence[Case]:
    changes = {"created": new(PERSON), "updated": known(PERSON), "deleted": gone(PERSON)}
    return tuple(
        case
        for verb, change in changes.items()
        for case in (
            Case(
                row=f"pd.person.{verb}/tc2.cligency",
                says="A Person says nothing to a cligency.",
                given=[ACME, MARY] if verb != "created" else [ACME],
                change=change,
                asks=[Nothing("a Person says nothing to a cligency")],
            ),
            Case(row=f"pd.person.{verb}/tc2.cligency", says="An Org is not for this row.", change=new(ORG)),
        )
    )


def _merged() -> Sequence[Case]:
    row = "extra/pd.merge"
    winner = Contact(id=4, company_id=2, pd_person_id=41)
    merged = {Ref(RemoteKind.PERSON, 40): Ref(RemoteKind.PERSON, 41)}
    return (
        Case(
            row=row,
            says="Deals, Meetings and the SR of the loser go to the winner's Contact.",
            given=[ACME, replace(MARY, tc2_sr_id=50), winner, SALE, CALL],
            merged_into=merged,
            change=gone(PERSON),
            asks=[
                Update(Kind.DEAL, 5, {"contact_id": 4}),
                Update(Kind.MEETING, 6, {"contact_id": 4, "company_id": 2}),
                Update(Kind.CONTACT, 4, {"tc2_sr_id": 50}),
                Delete(Kind.CONTACT, 3),
                Tell(RemoteKind.PERSON, 4),
            ],
        ),
        Case(
            row=row,
            says="A winner without a Contact takes the loser's.",
            given=[ACME, MARY],
            merged_into=merged,
            change=gone(PERSON),
            asks=[Update(Kind.CONTACT, 3, {"pd_person_id": 41}), Tell(RemoteKind.PERSON, 3)],
        ),
        Case(
            row="pd.person.deleted/hermes.contact/exists",
            says="The Contact of a merged Person is the merge's business.",
            given=[ACME, MARY, winner],
            merged_into=merged,
            change=gone(PERSON),
        ),
    )


CASES: Sequence[Case] = (*_created(), *_updated(), *_deleted(), *_left(), *_merged())
