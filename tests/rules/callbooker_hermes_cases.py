"""Cases of the rows of Hermes in `rules/callbooker.py`: what a booking asks for in the request."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hermes_sync.core.actions import Action, Create, Nothing, Update
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Begun, Booking, BookingRef, CallType, CallWanted
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject, Kind, Meeting
from hermes_sync.core.policy import Start
from hermes_sync.core.records import Notice
from tests.rules.cases import CALL, CONTACTED, FREE_ACME, FREE_MARY, PAYG, POLICY, SALE, Case

TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
NOW = TEN - timedelta(days=3)
NOW_TEXT = "2026-01-02T10:00:00Z"
SALES = Booking(
    type=CallType.SALES,
    admin_id=1,
    start=TEN,
    end=TEN + timedelta(minutes=30),
    name="Mary Ann Booth",
    email="Mary@Example.com",
    phone="+44 20 7946 0000",
    country="GB",
    company_name="Acme",
    website="acme.example.com",
    estimated_income="1000",
    currency="GBP",
    price_plan="payg",
    bdr_person_id=1,
    utm_source="search",
    utm_campaign="spring",
)
SUPPORT = Booking(
    type=CallType.SUPPORT,
    admin_id=1,
    start=TEN,
    end=TEN + timedelta(minutes=30),
    name="Mary Ann Booth",
    email="Mary@Example.com",
    company_name="Acme",
)
OF = {CallType.SALES: SALES, CallType.SUPPORT: SUPPORT}
STARTING = replace(POLICY, starts={"payg": Start(pipeline=1, stage=8)})

SALES_COMPANY = Company(
    id=1,
    name="Acme",
    sales_person_id=1,
    bdr_person_id=1,
    price_plan="payg",
    country="GB",
    website="acme.example.com",
    currency="GBP",
    estimated_income="1000",
    utm_source="search",
    utm_campaign="spring",
    has_booked_call=True,
    created=NOW_TEXT,
)
SUPPORT_COMPANY = Company(id=1, name="Acme", has_booked_call=True, created=NOW_TEXT)
CALLER = Contact(
    id=1,
    company_id=1,
    first_name="Mary Ann",
    last_name="Booth",
    email="mary@example.com",
    phone="+44 20 7946 0000",
    country="GB",
    created=NOW_TEXT,
)
OPEN_SALE = replace(SALE, pd_deal_id=None)
FAR_CALL = replace(CALL, start_time="2026-01-05T12:00:01Z", end_time="2026-01-05T12:30:01Z", admin_id=2)


def wanted(booking: Booking, *busy: Span) -> CallWanted:
    """Return what the rows of a booking see."""
    return CallWanted(ref=BookingRef(booking.type, 9), booking=booking, now=NOW, busy=busy)


def at(minutes: int, length: int = 30) -> Span:
    """Return a stretch that begins so many minutes after the wanted time, or before it."""
    return Span(TEN + timedelta(minutes=minutes), TEN + timedelta(minutes=minutes + length))


def near(type_: CallType, start: str = "2026-01-05T10:00:00Z") -> Notice:
    """Return what is said of a Meeting of the Contact within two hours."""
    ref = f"callbooker:{type_}:9"
    message = f"{ref}: Meeting 6 of Contact 3 starts at {start}, within two hours: no other was made"
    return Notice(code="within-two-hours", message=message, refs=(ref,))


def in_the_making(type_: CallType) -> Notice:
    """Return what is said while another call of the Contact within two hours is being made."""
    ref = f"callbooker:{type_}:9"
    message = f"{ref}: another call of its Contact within two hours is being made: this one was not"
    return Notice(code="within-two-hours", message=message, refs=(ref,))


def busy(type_: CallType) -> Notice:
    """Return what is said of a busy admin."""
    ref = f"callbooker:{type_}:9"
    message = f"{ref}: admin 1 is busy at 2026-01-05T10:00:00Z: no Meeting was made"
    return Notice(code="admin-busy", message=message, refs=(ref,))


def _case(row: str, says: str, change: CallWanted, *given: HermesObject, asks: Sequence[Action] = ()) -> Case:
    trigger = f"callbooker.{change.booking.type}"
    return Case(row=f"{trigger}/{row}", says=says, change=change, given=given, asks=asks, policy=STARTING)


def _of_both(type_: CallType) -> Sequence[Case]:
    booking = OF[type_]
    change = wanted(booking)
    keeps = [Update(Kind.COMPANY, 1, {"has_booked_call": True})]
    other = Company(id=2, name="Other")
    new_contact = replace(CALLER, phone=booking.phone, country=booking.country)
    known = [Nothing("the Contact is known")]
    return (
        _case("hermes.company/missing", "A Company that is known is not made again.", change, FREE_ACME),
        _case("hermes.company/exists", "A Company of that name is kept as it is.", change, FREE_ACME, asks=keeps),
        _case(
            "hermes.company/exists",
            "The Company of the caller's e-mail comes before one of that name.",
            change,
            replace(FREE_ACME, name="Others"),
            FREE_MARY,
            replace(other, name="Acme"),
            asks=keeps,
        ),
        _case(
            "hermes.company/exists",
            "The Company that is named by its id comes first.",
            wanted(replace(booking, company_id=2)),
            FREE_ACME,
            FREE_MARY,
            other,
            asks=[Update(Kind.COMPANY, 2, {"has_booked_call": True})],
        ),
        _case(
            "hermes.company/exists",
            "Of several Companies of that name it is the newest.",
            change,
            FREE_ACME,
            replace(other, name="ACME "),
            asks=[Update(Kind.COMPANY, 2, {"has_booked_call": True})],
        ),
        _case("hermes.company/exists", "A new Company is not kept.", change),
        _case(
            "hermes.contact/missing",
            "A caller whom nobody knows is made, with the name in two and the e-mail in lower case.",
            change,
            FREE_ACME,
            asks=[Create(new_contact)],
        ),
        _case(
            "hermes.contact/missing",
            "A caller of one name has no last name.",
            wanted(replace(booking, name="Mary")),
            FREE_ACME,
            asks=[Create(replace(new_contact, first_name="Mary", last_name=None))],
        ),
        _case(
            "hermes.contact/missing",
            "A caller who is known elsewhere is made in the Company that the booking names.",
            wanted(replace(booking, company_id=2)),
            FREE_ACME,
            FREE_MARY,
            other,
            asks=[Create(replace(new_contact, id=4, company_id=2))],
        ),
        _case("hermes.contact/missing", "A caller who is known is not made again.", change, FREE_ACME, FREE_MARY),
        _case("hermes.contact/exists", "A caller who is known is kept.", change, FREE_ACME, FREE_MARY, asks=known),
        _case("hermes.contact/exists", "A caller whom nobody knows is not kept.", change, FREE_ACME),
        *_meetings(type_),
    )


def _meetings(type_: CallType) -> Sequence[Case]:
    booking = OF[type_]
    change = wanted(booking)
    around = (FREE_ACME, FREE_MARY)
    deal_id = 5 if type_ is CallType.SALES else None
    made = Meeting(
        id=1,
        type=type_.value,
        start_time="2026-01-05T10:00:00Z",
        end_time="2026-01-05T10:30:00Z",
        admin_id=1,
        company_id=1,
        contact_id=3,
        deal_id=deal_id,
    )
    two_hours = ("2026-01-05T08:00:00Z", "2026-01-05T12:00:00Z")
    seconds_more = ("2026-01-05T07:59:59Z", "2026-01-05T12:00:01Z")
    others = replace(CALL, admin_id=1, contact_id=None, start_time="2026-01-05T09:15:00Z")
    return (
        *(
            _case(
                "hermes.meeting/within-2h",
                f"A Meeting of the Contact at {start} is within two hours, both ends counted.",
                change,
                *around,
                replace(CALL, start_time=start, admin_id=2),
                asks=[near(type_, start)],
            )
            for start in two_hours
        ),
        *(
            _case(
                "hermes.meeting/within-2h",
                f"A Meeting of the Contact at {start} is further away.",
                change,
                *around,
                replace(CALL, start_time=start, admin_id=2),
            )
            for start in seconds_more
        ),
        _case(
            "hermes.meeting/within-2h",
            "A Meeting that is not planned any more is in nobody's way.",
            change,
            *around,
            replace(CALL, status="canceled"),
        ),
        _case(
            "hermes.meeting/within-2h",
            "A Meeting of another Contact is not in the way.",
            change,
            *around,
            replace(CALL, contact_id=None),
        ),
        *(
            _case(
                "hermes.meeting/within-2h",
                f"A call of Contact {begun.contact_id} that is being made for {begun.start:%H:%M:%S}: {len(said)} word",
                replace(change, begun=(begun,)),
                *around,
                asks=said,
            )
            for begun, said in (
                (Begun(contact_id=3, start=TEN + timedelta(hours=2)), [in_the_making(type_)]),
                (Begun(contact_id=3, start=TEN - timedelta(hours=2)), [in_the_making(type_)]),
                (Begun(contact_id=3, start=TEN + timedelta(hours=2, seconds=1)), []),
                (Begun(contact_id=4, start=TEN), []),
            )
        ),
        _case(
            "hermes.meeting/create",
            "While another call of the Contact is being made there is no Meeting.",
            replace(change, begun=(Begun(contact_id=3, start=TEN),)),
            *around,
        ),
        *(
            _case(
                "hermes.meeting/admin-busy",
                f"A Meeting of the admin until {end[11:16]} is in the way of a call at 10:00.",
                change,
                *around,
                replace(others, end_time=end),
                asks=[busy(type_)],
            )
            for end in ("2026-01-05T10:00:00Z", "2026-01-05T10:15:00Z")
        ),
        *(
            _case(
                "hermes.meeting/admin-busy",
                f"A time that is taken elsewhere from minute {taken.start.minute} on is in the way.",
                wanted(booking, taken),
                *around,
                asks=[busy(type_)],
            )
            for taken in (at(-30), at(10, length=5), at(30))
        ),
        _case(
            "hermes.meeting/admin-busy",
            "What neither overlaps nor touches is not in the way.",
            wanted(booking, Span(TEN - timedelta(hours=1), TEN - timedelta(seconds=1)), at(31)),
            *around,
            replace(others, admin_id=2, end_time="2026-01-05T10:15:00Z"),
            replace(others, id=7, status="canceled", end_time="2026-01-05T10:15:00Z"),
        ),
        _case(
            "hermes.meeting/create",
            "A free admin and a Contact without another call get a Meeting.",
            change,
            *around,
            OPEN_SALE,
            FAR_CALL,
            asks=[Create(replace(made, id=7))],
        ),
        _case("hermes.meeting/create", "A busy admin gets none.", wanted(booking, at(0)), *around),
        _case("hermes.meeting/create", "A Contact with a call gets none.", change, *around, replace(CALL, admin_id=2)),
    )


def _sales() -> Sequence[Case]:
    change = wanted(SALES)
    new_deal = Deal(id=1, name="Acme", company_id=1, contact_id=1, admin_id=1)
    unknown = Notice(
        code="unknown-admin",
        message="callbooker:sales:9: bdr person 7 is no admin of the config, so the new Company has none",
        refs=("callbooker:sales:9",),
    )
    left_out = Notice(code="left-out", message="callbooker:sales:9: website was left out", refs=("callbooker:sales:9",))
    started = Update(Kind.DEAL, 1, {"pipeline_id": 2, "stage_id": 4})
    nowhere = Update(Kind.DEAL, 1, {"pipeline_id": None, "stage_id": None})
    return (
        _case(
            "hermes.company/missing",
            "A new customer's Company belongs to the admin of the booking.",
            change,
            asks=[Create(SALES_COMPANY)],
        ),
        _case(
            "hermes.company/missing",
            "A bdr person whom the config lacks is left out, with a notice.",
            wanted(replace(SALES, bdr_person_id=7)),
            asks=[unknown, Create(replace(SALES_COMPANY, bdr_person_id=None))],
        ),
        _case(
            "hermes.company/missing",
            "What the caller said and cannot be true is told in a notice.",
            wanted(replace(SALES, website=None, left_out=("website was left out",))),
            asks=[left_out, Create(replace(SALES_COMPANY, website=None))],
        ),
        _case(
            "hermes.company/exists",
            "The Company of the caller's phone comes before one of that name; the digits count.",
            wanted(replace(SALES, email="other@example.com")),
            replace(FREE_ACME, name="Others"),
            replace(FREE_MARY, phone="+44(20)79460000"),
            Company(id=2, name="Acme"),
            asks=[Update(Kind.COMPANY, 1, {"has_booked_call": True})],
        ),
        _case(
            "hermes.contact/exists",
            "In the Company that the booking names, a caller is known by the phone.",
            wanted(replace(SALES, email="other@example.com", company_id=1)),
            FREE_ACME,
            replace(FREE_MARY, phone="+44(20)79460000"),
            asks=[Nothing("the Contact is known")],
        ),
        _case(
            "hermes.deal/missing",
            "A new customer gets a Deal, where the price plan starts.",
            change,
            PAYG,
            CONTACTED,
            asks=[Create(new_deal), started],
        ),
        _case(
            "hermes.deal/missing",
            "A Deal of a known Company has its name and starts where its own price plan says.",
            wanted(replace(SALES, company_id=1)),
            replace(FREE_ACME, name="Acme Ltd", price_plan="startup"),
            PAYG,
            CONTACTED,
            asks=[Create(replace(new_deal, name="Acme Ltd")), nowhere],
        ),
        _case(
            "hermes.deal/missing",
            "A Company without a price plan starts where the booking's plan says.",
            change,
            FREE_ACME,
            PAYG,
            CONTACTED,
            asks=[Create(new_deal), started],
        ),
        _case(
            "hermes.deal/missing",
            "A start that Hermes does not know leaves Pipeline and Stage blank.",
            change,
            asks=[Create(new_deal), nowhere],
        ),
        *(
            _case(
                "hermes.deal/missing",
                f"A Deal that is {how} is no open one.",
                change,
                FREE_ACME,
                replace(SALE, contact_id=None, **fields),
                asks=[Create(replace(new_deal, id=6)), replace(nowhere, id=6)],
            )
            for how, fields in (("won", {"status": "won"}), ("archived", {"archived": True}))
        ),
        _case("hermes.deal/missing", "A Company with an open Deal gets no other.", change, FREE_ACME, OPEN_SALE),
        _case(
            "hermes.deal/exists",
            "An open Deal is kept as it is.",
            change,
            FREE_ACME,
            OPEN_SALE,
            asks=[Nothing("the Company has an open Deal")],
        ),
        _case("hermes.deal/exists", "A new customer has none.", change),
        _case(
            "hermes.meeting/create",
            "A new customer's Meeting names the Deal that is made with it.",
            change,
            asks=[
                Create(
                    Meeting(
                        id=1,
                        type="sales",
                        start_time="2026-01-05T10:00:00Z",
                        end_time="2026-01-05T10:30:00Z",
                        admin_id=1,
                        company_id=1,
                        contact_id=1,
                        deal_id=1,
                    )
                )
            ],
        ),
    )


def _support() -> Sequence[Case]:
    change = wanted(SUPPORT)
    named = wanted(replace(SUPPORT, company_id=1, email="other@example.com"))
    return (
        _case("hermes.company/missing", "A new Company is named as said.", change, asks=[Create(SUPPORT_COMPANY)]),
        _case(
            "hermes.company/missing",
            "Without a name it is called after the caller.",
            wanted(replace(SUPPORT, company_name=None)),
            asks=[Create(replace(SUPPORT_COMPANY, name="Mary Ann Booth"))],
        ),
        _case(
            "hermes.contact/exists",
            "In the Company a caller is known by the last name, in any case.",
            named,
            FREE_ACME,
            replace(FREE_MARY, first_name="M.", last_name="BOOTH"),
            asks=[Nothing("the Contact is known")],
        ),
        _case(
            "hermes.contact/exists",
            "A first name makes nobody known.",
            wanted(replace(SUPPORT, company_id=1, email="other@example.com", name="Mary")),
            FREE_ACME,
            FREE_MARY,
        ),
        _case(
            "hermes.deal",
            "A support call makes no Deal.",
            change,
            FREE_ACME,
            asks=[Nothing("a support call is no sale")],
        ),
        Case(row="callbooker.support/hermes.deal", says="A sales call is not for this row.", change=wanted(SALES)),
    )


CASES: Sequence[Case] = (*_of_both(CallType.SALES), *_of_both(CallType.SUPPORT), *_sales(), *_support())
