"""What the website asks besides bookings: whose turn it is, where the visitor is, which companies there are."""

import re
from typing import Final, get_args

from starlette.requests import Request
from starlette.responses import Response

from hermes_sync.core.objects import Admin
from hermes_sync.core.round_robin import HOME, next_sales_admin, next_support_admin
from hermes_sync.listener.answers import BadRequest, Json, Refused
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.naming import id_of
from hermes_sync.listener.threads import Threads
from hermes_sync.settings.sections import PricePlan
from hermes_sync.store import COMPANY_FIELDS

FIRST: Final = 10
"""So many companies are told at most (interface 4)."""
LONGEST: Final = 1000
"""Characters of a value that companies are looked for by; columns hold less."""

_PLANS: Final[tuple[str, ...]] = get_args(PricePlan)
_COUNTRY: Final = re.compile(r"[A-Za-z0-9]{2}")
_TEXTS: Final = frozenset({"name", "country", "price_plan"})


class Website:
    """The endpoints of round robin, `/loc/` and `/companies/`."""

    def __init__(self, desk: Desk, threads: Threads) -> None:
        self._desk = desk
        self._threads = threads
        self._admins = desk.settings.policy().admins

    async def next_sales(self, request: Request) -> Response:
        """Tell whose turn it is to sell a plan in a country."""
        plan = request.query_params.get("plan", "").strip().lower()
        if plan not in _PLANS:
            raise BadRequest(("plan", f"must be one of {', '.join(_PLANS)}"))
        after = await self._threads.look(self._desk.store.last_sales_person, plan)
        admin = next_sales_admin(self._admins, plan, request.query_params.get("country_code"), after)
        if admin is None:
            raise Refused(404, f"no admin of the config sells {plan}")
        return Json(admin_json(admin))

    async def next_support(self, request: Request) -> Response:  # noqa: ARG002  # an endpoint's shape
        """Tell whose turn it is to give support."""
        after = await self._threads.look(self._desk.store.last_support_person)
        admin = next_support_admin(self._admins, after)
        if admin is None:
            raise Refused(404, "no admin of the config is a support person")
        return Json(admin_json(admin))

    async def location(self, request: Request) -> Response:
        """Tell the visitor's country, as Cloudflare says it."""
        said = request.headers.get("cf-ipcountry", "").strip()
        return Json({"country_code": said.upper() if _COUNTRY.fullmatch(said) else HOME})

    async def companies(self, request: Request) -> Response:
        """Tell the first companies that have the given fields."""
        given = request.query_params
        unknown = [name for name in given if name not in COMPANY_FIELDS]
        if unknown or not given:
            raise BadRequest(("query", f"must give one or more of {', '.join(COMPANY_FIELDS)}, and nothing else"))
        wanted = {name: _wanted(name, value) for name, value in given.items()}
        return Json(await self._threads.look(self._desk.store.companies_like, wanted, FIRST))


def admin_json(admin: Admin) -> dict[str, object]:
    """Return an admin as `export` shows them (interface 3)."""
    names = ("id", "first_name", "last_name", "email", "tc2_admin_id", "pd_owner_id", "timezone")
    return {name: getattr(admin, name) for name in names}


def _wanted(name: str, said: str) -> int | str:
    """Return the value that a field is compared with; raises `BadRequest` for one that no Company can have."""
    if name not in _TEXTS:
        id_ = id_of(said)
        if id_ is None:
            raise BadRequest((name, "must be a whole number from 1 up"))
        return id_
    if not said.strip() or len(said) > LONGEST or "\0" in said:
        raise BadRequest((name, f"must be a text of 1 to {LONGEST} characters"))
    return said
