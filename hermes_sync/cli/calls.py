"""`book sales`, `book support` and `availability`: calls, for people and cron."""

from typing import Annotated

import typer

from hermes_sync.cli.app import AsJson, options_of

book = typer.Typer(help="Book a call.", no_args_is_help=True, rich_markup_mode=None)

AdminId = Annotated[str, typer.Option("--admin", metavar="ID", help="Whose call: the id of an admin of the config.")]
At = Annotated[
    str, typer.Option("--at", metavar="TIME", help="When, such as 2030-01-07T10:00Z; without a zone in UTC.")
]
Name = Annotated[str, typer.Option(metavar="NAME", help="Who calls.")]
Email = Annotated[str, typer.Option(metavar="ADDRESS", help="The caller's e-mail address.")]
CompanyId = Annotated[str | None, typer.Option(metavar="ID", help="The Hermes id of the company, if it is known.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(book, name="book")
    app.command()(availability)


@book.command()
def sales(
    ctx: typer.Context,
    *,
    admin: AdminId,
    at: At,
    name: Name,
    email: Email,
    company: Annotated[str, typer.Option(metavar="NAME", help="What the company is called.")],
    price_plan: Annotated[str, typer.Option(metavar="PLAN", help="payg, startup or enterprise.")],
    country: Annotated[str, typer.Option(metavar="CODE", help="The country of the company.")] = "",
    estimated_income: Annotated[str, typer.Option(metavar="AMOUNT", help="What the company earns a month.")] = "",
    currency: Annotated[str, typer.Option(metavar="CODE", help="The currency of that.")] = "",
    phone: Annotated[str, typer.Option(metavar="NUMBER", help="The caller's phone number.")] = "",
    website: Annotated[str, typer.Option(metavar="URL", help="The website of the company.")] = "",
    company_id: CompanyId = None,
    bdr_person: Annotated[str | None, typer.Option(metavar="ID", help="The admin who won the caller.")] = None,
    utm_source: Annotated[str, typer.Option(metavar="TEXT", help="Where the caller came from.")] = "",
    utm_campaign: Annotated[str, typer.Option(metavar="TEXT", help="By which campaign.")] = "",
    as_json: AsJson = False,
) -> None:
    """Book a sales call. Makes or finds company, contact, deal and meeting; the next pass tells Pipedrive."""
    from hermes_sync.booking import SalesForm
    from hermes_sync.cli import bookings

    said = {
        "admin_id": admin,
        "meeting_dt": at,
        "name": name,
        "email": email,
        "company_name": company,
        "price_plan": price_plan,
        "country": country,
        "estimated_income": estimated_income,
        "currency": currency,
        "phone": phone,
        "website": website,
        "company_id": company_id,
        "bdr_person_id": bdr_person,
        "utm_source": utm_source,
        "utm_campaign": utm_campaign,
    }
    bookings.book(options_of(ctx), SalesForm, said, as_json=as_json)


@book.command()
def support(
    ctx: typer.Context,
    *,
    admin: AdminId,
    at: At,
    name: Name,
    email: Email,
    company_id: CompanyId = None,
    company: Annotated[str, typer.Option(metavar="NAME", help="What the company is called.")] = "",
    as_json: AsJson = False,
) -> None:
    """Book a support call. Makes or finds company, contact and meeting; the next pass tells Pipedrive."""
    from hermes_sync.booking import SupportForm
    from hermes_sync.cli import bookings

    said = {
        "admin_id": admin,
        "meeting_dt": at,
        "name": name,
        "email": email,
        "company_id": company_id,
        "company_name": company,
    }
    bookings.book(options_of(ctx), SupportForm, said, as_json=as_json)


def availability(
    ctx: typer.Context,
    *,
    admin: AdminId,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From when on, such as 2030-01-07; else from now on.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Until when; else a week from then.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print when an admin can be booked. One slot a line, earliest first."""
    from hermes_sync.cli import bookings

    bookings.print_slots(options_of(ctx), admin_id=admin, start=start, end=end, as_json=as_json)
