"""The rows of *Sales call booked* and *Support call booked* (actions.md, "Actions from the Callbooker"), in its order.

Those of Hermes, which are here, are folded in the request, those of Pipedrive (`callbooker_pd`) by the next pass
(semantics 7).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from hermes_sync.core import callers, translation
from hermes_sync.core.action_table import Rule, rule
from hermes_sync.core.actions import Action, Create, Nothing, Update
from hermes_sync.core.bookings import Booking, CallWanted, time_text
from hermes_sync.core.objects import Company, Contact, Deal, Kind, Meeting
from hermes_sync.core.records import Notice
from hermes_sync.core.values import email_key, text
from hermes_sync.core.world import World
from hermes_sync.rules import callbooker_pd


@rule("callbooker.sales/hermes.company/missing")
def create_sales_company(change: CallWanted, world: World) -> Iterator[Action]:
    """If it doesn't exist (matching on contact.email or company.name): create it; its owner is the admin of the booking."""  # noqa: E501  # the table's sentence is kept whole
    place = callers.place(change, world)
    booking = change.booking
    if place.company is None:
        bdr_person = world.policy.admin(booking.bdr_person_id)
        if bdr_person is None and booking.bdr_person_id is not None:
            yield _unknown_bdr_person(change)
        yield from _left_out(change)
        yield Create(
            Company(
                id=place.company_id,
                name=_name(booking),
                sales_person_id=booking.admin_id,
                bdr_person_id=None if bdr_person is None else bdr_person.id,
                price_plan=booking.price_plan,
                country=booking.country,
                website=booking.website,
                currency=booking.currency,
                estimated_income=booking.estimated_income,
                utm_source=booking.utm_source,
                utm_campaign=booking.utm_campaign,
                has_booked_call=True,
                created=time_text(change.now),
            )
        )


@rule("callbooker.support/hermes.company/missing")
def create_support_company(change: CallWanted, world: World) -> Iterator[Action]:
    """If it doesn't exist (matching on contact.email or company.name): create it."""
    place = callers.place(change, world)
    if place.company is None:
        name, created = _name(change.booking), time_text(change.now)
        yield Create(Company(id=place.company_id, name=name, has_booked_call=True, created=created))


@rule("callbooker.sales/hermes.company/exists", "callbooker.support/hermes.company/exists")
def keep_company(change: CallWanted, world: World) -> Iterator[Action]:
    """If it exists: do nothing."""
    company = callers.place(change, world).company
    if company is not None:
        # Bookkeeping of our own, which every booking does (semantics 7).
        yield Update(Kind.COMPANY, company.id, {"has_booked_call": True})


@rule("callbooker.sales/hermes.contact/missing", "callbooker.support/hermes.contact/missing")
def create_contact(change: CallWanted, world: World) -> Iterator[Action]:
    """If it doesn't exist (matching on contact.email or company.name): create it."""
    place = callers.place(change, world)
    booking = change.booking
    if place.contact is None:
        first_name, last_name = translation.split_name(booking.name)
        yield Create(
            Contact(
                id=place.contact_id,
                company_id=place.company_id,
                first_name=first_name,
                last_name=last_name,
                email=email_key(booking.email),
                phone=text(booking.phone),
                country=booking.country,
                created=time_text(change.now),
            )
        )


@rule("callbooker.sales/hermes.contact/exists", "callbooker.support/hermes.contact/exists")
def keep_contact(change: CallWanted, world: World) -> Iterator[Action]:
    """If it exists: do nothing."""
    if callers.place(change, world).contact is not None:
        yield Nothing("the Contact is known")


@rule("callbooker.sales/hermes.deal/missing")
def create_deal(change: CallWanted, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    place = callers.place(change, world)
    if place.deal is not None or place.deal_id is None:
        return
    company, booking = place.company, change.booking
    yield Create(
        Deal(
            id=place.deal_id,
            name=_name(booking) if company is None else company.name,
            company_id=place.company_id,
            contact_id=place.contact_id,
            admin_id=booking.admin_id,
        )
    )
    plan = (None if company is None else company.price_plan) or booking.price_plan
    yield Update(Kind.DEAL, place.deal_id, _start(plan, world))


@rule("callbooker.sales/hermes.deal/exists")
def keep_deal(change: CallWanted, world: World) -> Iterator[Action]:
    """If it exists: do nothing."""
    if callers.place(change, world).deal is not None:
        yield Nothing("the Company has an open Deal")


@rule("callbooker.support/hermes.deal")
def no_deal(change: CallWanted, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("a support call is no sale")


@rule("callbooker.sales/hermes.meeting/within-2h", "callbooker.support/hermes.meeting/within-2h")
def no_second_meeting(change: CallWanted, world: World) -> Iterator[Action]:
    """If one exists for the Contact within 2 hours: don't create it."""
    near = callers.too_near(change, world)
    if near is not None:
        yield Notice(
            code="within-two-hours",
            message=f"{change.ref}: Meeting {near.id} of Contact {near.contact_id} starts at {near.start_time}, "
            "within two hours: no other was made",
            refs=(str(change.ref),),
        )
    elif callers.is_begun_near(change, world):
        yield Notice(
            code="within-two-hours",
            message=f"{change.ref}: another call of its Contact within two hours is being made: this one was not",
            refs=(str(change.ref),),
        )


@rule("callbooker.sales/hermes.meeting/admin-busy", "callbooker.support/hermes.meeting/admin-busy")
def no_meeting_of_busy_admin(change: CallWanted, world: World) -> Iterator[Action]:
    """If the admin is busy: don't create it."""
    if callers.is_busy(change, world):
        booking = change.booking
        yield Notice(
            code="admin-busy",
            message=f"{change.ref}: admin {booking.admin_id} is busy at {time_text(booking.start)}: "
            "no Meeting was made",
            refs=(str(change.ref),),
        )


@rule("callbooker.sales/hermes.meeting/create", "callbooker.support/hermes.meeting/create")
def create_meeting(change: CallWanted, world: World) -> Iterator[Action]:
    """If neither of those: create it."""
    if callers.too_near(change, world) is not None or callers.is_begun_near(change, world):
        return
    if callers.is_busy(change, world):
        return
    place = callers.place(change, world)
    booking = change.booking
    yield Create(
        Meeting(
            id=world.next_id(Kind.MEETING),
            type=booking.type.value,
            start_time=time_text(booking.start),
            end_time=time_text(booking.end),
            admin_id=booking.admin_id,
            company_id=place.company_id,
            contact_id=place.contact_id,
            deal_id=place.deal_id,
        )
    )


def _unknown_bdr_person(change: CallWanted) -> Notice:
    return Notice(
        code="unknown-admin",
        message=f"{change.ref}: bdr person {change.booking.bdr_person_id} is no admin of the config, so the new "
        "Company has none",
        refs=(str(change.ref),),
    )


def _left_out(change: CallWanted) -> Iterator[Notice]:
    for sentence in change.booking.left_out:
        yield Notice(code="left-out", message=f"{change.ref}: {sentence}", refs=(str(change.ref),))


def _name(booking: Booking) -> str:
    """Return what a new Company is called: after the caller, when the booking names none."""
    return text(booking.company_name) or booking.name


def _start(price_plan: str | None, world: World) -> dict[str, object]:
    """Return where a Deal of this plan starts; blank where the config or Hermes knows no such place."""
    start = world.policy.starts.get((price_plan or "").lower())
    pipeline = None if start is None else world.pipelines.one("pd_pipeline", start.pipeline)
    stage = None if start is None else world.stages.one("pd_stage", start.stage)
    return {
        "pipeline_id": None if pipeline is None else pipeline.id,
        "stage_id": None if stage is None else stage.id,
    }


SALES: Final[Sequence[Rule]] = (
    create_sales_company,
    keep_company,
    create_contact,
    keep_contact,
    create_deal,
    keep_deal,
    no_second_meeting,
    no_meeting_of_busy_admin,
    create_meeting,
    *callbooker_pd.SALES,
)
SUPPORT: Final[Sequence[Rule]] = (
    create_support_company,
    keep_company,
    create_contact,
    keep_contact,
    no_deal,
    no_second_meeting,
    no_meeting_of_busy_admin,
    create_meeting,
    *callbooker_pd.SUPPORT,
)
