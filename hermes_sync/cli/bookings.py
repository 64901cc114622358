"""What `book` and `availability` do once their options are read."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson
import typer

from hermes_sync import bootstrap
from hermes_sync.booking import BadInput, Booked, SalesForm, SlotsForm, SupportForm, moment, read
from hermes_sync.cli.session import Options, configured, say, warn
from hermes_sync.clock import SystemClock
from hermes_sync.core.bookings import Booking, time_text

_LATEST: Final = datetime.max.replace(tzinfo=UTC)
_A_WEEK: Final = timedelta(days=7)
_OPTIONS: Final = {
    "admin_id": "--admin",
    "meeting_dt": "--at",
    "company_name": "--company",
    "bdr_person_id": "--bdr-person",
    "start_dt": "--from",
    "end_dt": "--to",
}
"""Options that are not called after their field."""


def book(
    options: Options, form: type[SalesForm] | type[SupportForm], said: Mapping[str, object], *, as_json: bool
) -> None:
    """Book a call and print what it led to."""
    with _usage():
        filled = read(form, said, SystemClock().now())
    with (
        configured(options, as_json=as_json) as settings,
        bootstrap.store_to_write(settings) as store,
        bootstrap.booker_on(settings, store) as booker,
    ):
        booking = filled.booking(booker.terms.meeting)
        for sentence in booking.left_out:
            warn(sentence)
        booked = booker.book(booking)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(asdict(booked), option=orjson.OPT_APPEND_NEWLINE))
    else:
        typer.echo(_line(booked, booking))
        say("the next pass tells Pipedrive")


def print_slots(options: Options, *, admin_id: str, start: str | None, end: str | None, as_json: bool) -> None:
    """Print when an admin can be booked; without a start from now on, without an end for a week."""
    with _usage():
        form = _slots_form(admin_id, start, end, SystemClock().now())
    with (
        configured(options, as_json=as_json) as settings,
        bootstrap.store_to_read(settings) as store,
        bootstrap.booker_on(settings, store) as booker,
    ):
        slots = booker.slots(form.admin_id, form.within)
        admin = settings.policy().admin(form.admin_id)
    assert admin is not None, "an unknown admin has no slots"
    if as_json:
        said = {"slots": [[time_text(one.start), time_text(one.end)] for one in slots]}
        sys.stdout.buffer.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
        return
    zone = ZoneInfo(admin.timezone)
    for one in slots:
        local = one.start.astimezone(zone)
        typer.echo(f"{time_text(one.start)}  {time_text(one.end)}  {local:%a %d %b %H:%M} {admin.timezone}")
    if not slots:
        say("no slot is free then")


def _slots_form(admin_id: str, start: str | None, end: str | None, now: datetime) -> SlotsForm:
    first = now if start is None else moment("start_dt", start)
    last = first + min(_A_WEEK, _LATEST - first) if end is None else moment("end_dt", end)
    return read(SlotsForm, {"admin_id": admin_id, "start_dt": first, "end_dt": last}, now)


def _line(booked: Booked, booking: Booking) -> str:
    deal = "" if booked.deal_id is None else f", deal {booked.deal_id}"
    return (
        f"meeting {booked.meeting_id} with admin {booking.admin_id} from {time_text(booking.start)} to "
        f"{time_text(booking.end)}: company {booked.company_id}, contact {booked.contact_id}{deal}"
    )


@contextmanager
def _usage() -> Iterator[None]:
    """Turn what is wrong with a form into wrong usage, which exits 2."""
    try:
        yield
    except BadInput as error:
        options = ((_OPTIONS.get(name, f"--{name.replace('_', '-')}"), message) for name, message in error.problems)
        raise typer.BadParameter("; ".join(f"{option} {message}" for option, message in options)) from None
