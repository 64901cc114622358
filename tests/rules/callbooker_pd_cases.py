"""Cases of `rules/callbooker_pd.py`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hermes_sync.core.bookings import BookingRef, CallBooked, CallType
from hermes_sync.core.records import Org, Person, RemoteKind
from tests.rules.cases import (
    ACME,
    ACME_IN_TC2,
    CALL,
    FREE_ACME,
    FREE_MARY,
    MARY,
    ORG,
    PERSON,
    POLICY,
    SALE,
    Case,
    Nothing,
    Tell,
)

FREE_SALE = replace(SALE, pd_deal_id=None)
HELD_CALL = replace(CALL, pd_activity_id=60)
WITH_IDS = replace(POLICY, person_fields=frozenset({"hermes_id"}))
OUR_ORG, OUR_PERSON = replace(ORG, hermes_id="1"), replace(PERSON, hermes_id="3")
TELL_ORG, TELL_PERSON = Tell(RemoteKind.ORGANIZATION, 1), Tell(RemoteKind.PERSON, 3)


def booked(
    type_: CallType,
    *,
    org: Org | None = None,
    person: Person | None = None,
    meeting_id: int | None = 6,
    ours: frozenset[RemoteKind] = frozenset(),
) -> CallBooked:
    """Return a call that Mary of Acme booked."""
    return CallBooked(
        ref=BookingRef(type_, 12),
        company_id=1,
        contact_id=3,
        deal_id=5 if type_ is CallType.SALES else None,
        meeting_id=meeting_id,
        org=org,
        person=person,
        ours=ours,
    )


def _orgs(type_: CallType) -> Iterator[Case]:
    row = f"callbooker.{type_}/pd.org"
    linked, unlinked = booked(type_, org=ORG), booked(type_)
    elsewhere = booked(type_, org=replace(ORG, website="https://elsewhere.example.com"))
    same = [Nothing("the Org says what Hermes says")]
    yield Case(
        row=f"{row}/missing",
        says="A Company without an Org gets one.",
        given=[FREE_ACME],
        change=unlinked,
        asks=[TELL_ORG],
    )
    yield Case(row=f"{row}/missing", says="A Company with an Org gets no other.", given=[ACME], change=linked)
    yield Case(row=f"{row}/missing", says="A Company that is gone gets none.", change=unlinked)
    yield Case(
        row=f"{row}/different",
        says="An Org that lacks what TC2 says is told.",
        given=[ACME_IN_TC2],
        change=elsewhere,
        asks=[TELL_ORG],
    )
    yield Case(
        row=f"{row}/different",
        says="An Org of ours with a blank hermes_id is told.",
        given=[ACME],
        change=booked(type_, org=ORG, ours=frozenset({RemoteKind.ORGANIZATION})),
        asks=[TELL_ORG],
    )
    yield Case(
        row=f"{row}/different",
        says="Of a Company without a cligency Pipedrive knows best.",
        given=[ACME],
        change=elsewhere,
    )
    yield Case(row=f"{row}/different", says="An Org that was not read is left alone.", given=[ACME], change=unlinked)
    yield Case(
        row=f"{row}/same", says="An Org without a cligency is left alone.", given=[ACME], change=linked, asks=same
    )
    yield Case(
        row=f"{row}/same", says="An Org that was not read is left alone.", given=[ACME], change=unlinked, asks=same
    )
    yield Case(
        row=f"{row}/same",
        says="An Org that lacks what TC2 says is not the same.",
        given=[ACME_IN_TC2],
        change=elsewhere,
    )


def _persons(type_: CallType) -> Iterator[Case]:
    row = f"callbooker.{type_}/pd.person"
    linked, unlinked = booked(type_, person=PERSON), booked(type_)
    silent = booked(type_, person=replace(PERSON, emails=()))
    same = [Nothing("the Person says what Hermes says")]
    yield Case(
        row=f"{row}/missing",
        says="A Contact without a Person gets one.",
        given=[ACME, FREE_MARY],
        change=unlinked,
        asks=[TELL_PERSON],
    )
    yield Case(row=f"{row}/missing", says="A Contact with a Person gets no other.", given=[MARY], change=linked)
    yield Case(row=f"{row}/missing", says="A Contact that is gone gets none.", given=[ACME], change=unlinked)
    yield Case(
        row=f"{row}/different",
        says="A Person whose list lacks the Contact's e-mail is told.",
        given=[ACME, MARY],
        change=silent,
        asks=[TELL_PERSON],
    )
    yield Case(
        row=f"{row}/different",
        says="A Person whose list lacks the Contact's phone is told.",
        given=[ACME, replace(MARY, phone="020 7946 0000")],
        change=linked,
        asks=[TELL_PERSON],
    )
    yield Case(
        row=f"{row}/different",
        says="A Person of ours with a blank hermes_id is told.",
        given=[ACME, MARY],
        change=booked(type_, person=PERSON, ours=frozenset({RemoteKind.PERSON})),
        policy=WITH_IDS,
        asks=[TELL_PERSON],
    )
    yield Case(row=f"{row}/different", says="A Person that has it all is left alone.", given=[MARY], change=linked)
    yield Case(
        row=f"{row}/same", says="A Person that has it all is left alone.", given=[MARY], change=linked, asks=same
    )
    yield Case(
        row=f"{row}/same",
        says="Another name of a Person is no difference, because Pipedrive owns it.",
        given=[MARY],
        change=booked(type_, person=replace(PERSON, name="Mary Hill", last_name="Hill")),
        asks=same,
    )
    yield Case(row=f"{row}/same", says="A Person that lacks something is not the same.", given=[MARY], change=silent)


def _activities(type_: CallType) -> Iterator[Case]:
    row = f"callbooker.{type_}/pd.activity"
    yield Case(
        row=row,
        says="A Meeting gets an Activity.",
        given=[ACME, CALL],
        change=booked(type_),
        asks=[Tell(RemoteKind.ACTIVITY, 6)],
    )
    yield Case(row=row, says="A Meeting with an Activity gets no other.", given=[HELD_CALL], change=booked(type_))
    yield Case(
        row=row, says="Without a Meeting there is none.", given=[ACME, CALL], change=booked(type_, meeting_id=None)
    )
    yield Case(row=row, says="A Meeting that is gone gets none.", given=[ACME], change=booked(type_))


def _deals() -> Iterator[Case]:
    sales, support = "callbooker.sales/pd.deal", "callbooker.support/pd.deal"
    call = booked(CallType.SALES)
    yield Case(
        row=f"{sales}/missing",
        says="A Deal that Pipedrive does not have is made there.",
        given=[FREE_SALE],
        change=call,
        asks=[Tell(RemoteKind.DEAL, 5)],
    )
    yield Case(row=f"{sales}/missing", says="A Deal of Pipedrive is made only once.", given=[SALE], change=call)
    yield Case(row=f"{sales}/missing", says="A Deal that is gone is not made.", given=[ACME], change=call)
    yield Case(
        row=f"{sales}/exists",
        says="A Deal of Pipedrive is left alone.",
        given=[SALE],
        change=call,
        asks=[Nothing("the Deal is Pipedrive's")],
    )
    yield Case(row=f"{sales}/exists", says="A Deal of ours alone does not exist there.", given=[FREE_SALE], change=call)
    yield Case(
        row=support,
        says="A support call leaves deals alone.",
        given=[FREE_SALE],
        change=booked(CallType.SUPPORT),
        asks=[Nothing("a support call is no sale")],
    )
    yield Case(row=support, says="A sales call is none of its business.", given=[FREE_SALE], change=call)


CASES: Sequence[Case] = (
    *(case for type_ in CallType for cases in (_orgs, _persons, _activities) for case in cases(type_)),
    *_deals(),
)
