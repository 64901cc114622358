"""Booking calls: what the website and TC2 ask below `/callbooker/` (interface 4, semantics 7)."""

import asyncio
import hmac
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hermes_sync.booking import BadInput, NotBooked, SalesForm, SlotsForm, SupportForm, read
from hermes_sync.core.bookings import time_text
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.core.support_links import LinkRefused, link, verify
from hermes_sync.listener.answers import OK, BadRequest, Json, Refused
from hermes_sync.listener.bodies import Bodies
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.naming import id_of
from hermes_sync.listener.threads import Threads

WAITING: Final = 20
"""So many support links of unknown cligencies are waited for at once."""
_LOOK_EVERY: Final = 0.2  # seconds


class Callbooker:
    """The endpoints below `/callbooker/`."""

    def __init__(self, desk: Desk, bodies: Bodies, threads: Threads) -> None:
        self._desk = desk
        self._bodies = bodies
        self._threads = threads
        self._waiting = 0

    async def book_sales(self, request: Request) -> Response:
        """Book a sales call."""
        return await self._book(SalesForm, request)

    async def book_support(self, request: Request) -> Response:
        """Book a support call."""
        return await self._book(SupportForm, request)

    async def _book(self, form: type[SalesForm] | type[SupportForm], request: Request) -> Response:
        said = await self._bodies.read_json(request)
        booker = self._desk.booker
        try:
            booking = read(form, said, self._desk.clock.now()).booking(booker.terms.meeting)
            await self._threads.book(booker.book, booking)
        except BadInput as error:
            raise BadRequest(*error.problems) from None
        except NotBooked as error:
            raise Refused(400, str(error)) from None
        return Json(OK)

    async def availability(self, request: Request) -> Response:
        """Tell when an admin can be booked: pairs of start and end, RFC 3339 in UTC."""
        try:
            asked = read(SlotsForm, dict(request.query_params), self._desk.clock.now())
            slots = await self._threads.book(self._desk.booker.slots, asked.admin_id, asked.within)
        except BadInput as error:
            raise BadRequest(*error.problems) from None
        except NotBooked as error:
            raise Refused(400, str(error)) from None
        return Json({**OK, "slots": [[time_text(one.start), time_text(one.end)] for one in slots]})

    async def generate_link(self, request: Request) -> Response:
        """Make a support link for TC2, whose key is the bearer; a cligency that is new to Hermes is read first."""
        self._raise_unless_tc2(request)
        tc2_admin_id, client_id = (_id_param(request, name) for name in ("tc2_admin_id", "tc2_cligency_id"))
        admin = self._desk.settings.policy().admin_of_tc2(tc2_admin_id)
        if admin is None:
            raise Refused(404, f"no admin of the config has tc2_admin_id {tc2_admin_id}")
        callbooker = self._desk.settings.callbooker
        company_id = await self._company_of(client_id)
        try:
            made = link(
                callbooker.base_url,
                callbooker.signing_key.get_secret_value(),
                admin_id=admin.id,
                company_id=company_id,
                expires=self._desk.clock.now() + timedelta(days=callbooker.support_ttl_days),
            )
        except LinkRefused as error:
            raise Refused(400, str(error)) from None
        return Json({"link": made})

    def _raise_unless_tc2(self, request: Request) -> None:
        key = self._desk.settings.tc2.api_key.get_secret_value()
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        is_key = hmac.compare_digest(said.strip().encode(), key.encode())
        if not key or scheme.lower() != "bearer" or not is_key:
            raise Refused(403, "give the API key of TC2: Authorization: Bearer …")

    async def _company_of(self, client_id: int) -> int:
        """Return the Company of a cligency; when Hermes does not know it, a pass is asked to read it, and waited for.

        Raises `Refused`: 404 when the pass made no Company of it, 503 when no pass came in time.
        """
        store, ref = self._desk.store, Ref(RemoteKind.CLIENT, client_id)
        company_id = await self._threads.look(store.company_of_client, client_id)
        if company_id is not None:
            return company_id
        if self._waiting >= WAITING:
            raise _not_yet(client_id)
        self._waiting += 1
        try:
            if await self._threads.keep(store.hint, [ref], self._desk.clock.now()):
                raise _not_yet(client_id)  # there was no room for it among the hints
            async with asyncio.timeout(self._desk.patience):
                return await self._company_read(ref)
        except TimeoutError:
            raise _not_yet(client_id) from None
        finally:
            self._waiting -= 1

    async def _company_read(self, ref: Ref) -> int:
        """Return the Company of a hinted cligency as soon as there is one; a pass drops the hint when it was read."""
        store = self._desk.store
        while True:
            # In this order: between the two looks a pass may make the Company and drop the hint.
            is_hinted = await self._threads.look(store.is_hinted, ref)
            company_id = await self._threads.look(store.company_of_client, ref.id)
            if company_id is not None:
                return company_id
            if not is_hinted:
                raise Refused(404, f"TC2 has no cligency {ref.id}, or none that Hermes keeps")
            await asyncio.sleep(_LOOK_EVERY)

    async def validate_link(self, request: Request) -> Response:
        """Tell whether a support link is ours and still good, and the name of its Company."""
        key = self._desk.settings.callbooker.signing_key.get_secret_value()
        parts = {name: request.query_params.get(name, "") for name in ("admin_id", "company_id", "e", "s")}
        try:
            said = verify(key, **parts, now=self._desk.clock.now())
        except LinkRefused as error:
            raise Refused(403, str(error)) from None
        name = await self._threads.look(self._desk.store.company_name, said.company_id)
        if name is None or all(admin.id != said.admin_id for admin in self._desk.settings.admins):
            raise Refused(403, "the company or the person of this link is not there any more; ask for a new one")
        return Json({**OK, "company_name": name})


def _id_param(request: Request, name: str) -> int:
    """Return an id from the query; raises `BadRequest` unless it is one."""
    id_ = id_of(request.query_params.get(name))
    if id_ is None:
        raise BadRequest((name, "must be a whole number from 1 up"))
    return id_


def _not_yet(client_id: int) -> Refused:
    message = f"cligency {client_id} is not read from TC2 yet; a pass was asked to, so try again in a minute"
    return Refused(503, message, {"retry-after": "30"})
