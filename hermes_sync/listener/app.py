"""The application: every address of interface 4, the status page and our own description, behind one door."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hermes_sync.listener import status_page
from hermes_sync.listener.answers import Json
from hermes_sync.listener.bodies import Bodies
from hermes_sync.listener.callbacks import Callbacks
from hermes_sync.listener.callbooker import Callbooker
from hermes_sync.listener.cors import Cors
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.door import Door, Failures, refused_by_starlette
from hermes_sync.listener.openapi import description
from hermes_sync.listener.request_counts import RequestCounts
from hermes_sync.listener.threads import Threads
from hermes_sync.listener.website import Website
from hermes_sync.listener.wellness import Wellness

Endpoint = Callable[[Request], Awaitable[Response]]

DESCRIPTION: Final = "/openapi.json"
_PREFLIGHT_SECONDS: Final = 3600


def create_app(desk: Desk) -> ASGIApp:
    """Return the application that answers for a desk; make it once for a process."""
    registry = CollectorRegistry()
    routes = [*_routes(desk, registry), *status_page.routes(desk)]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(
                Cors,
                allow_origins=desk.settings.listener.allowed_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["content-type"],
                max_age=_PREFLIGHT_SECONDS,
            ),
            Middleware(Failures),
        ],
        exception_handlers={HTTPException: refused_by_starlette},
    )
    app.router.redirect_slashes = False  # the door finds addresses with and without the last slash
    return Door(app, addresses=[route.path for route in routes], counts=RequestCounts(registry), clock=desk.clock)


def _routes(desk: Desk, registry: CollectorRegistry) -> Sequence[Route]:
    bodies, threads = Bodies(), Threads()
    callbacks = Callbacks(desk, bodies, threads)
    callbooker = Callbooker(desk, bodies, threads)
    website = Website(desk, threads)
    wellness = Wellness(desk, threads, registry)
    described = Json(description())

    async def describe(request: Request) -> Response:  # noqa: ARG001  # an endpoint's shape
        return described

    posts: dict[str, Endpoint] = {
        "/pipedrive/callback/": callbacks.pipedrive,
        "/tc2/callback/": callbacks.tc2,
        "/callbooker/sales/book/": callbooker.book_sales,
        "/callbooker/support/book/": callbooker.book_support,
    }
    gets: dict[str, Endpoint] = {
        "/callbooker/availability/": callbooker.availability,
        "/callbooker/support-link/generate/tc2/": callbooker.generate_link,
        "/callbooker/support-link/validate/": callbooker.validate_link,
        "/choose-roundrobin/sales/": website.next_sales,
        "/choose-roundrobin/support/": website.next_support,
        "/loc/": website.location,
        "/companies/": website.companies,
        "/healthz": wellness.healthz,
        "/readyz": wellness.readyz,
        "/metrics": wellness.metrics,
        DESCRIPTION: describe,
    }
    return [
        *(Route(path, endpoint, methods=["POST"]) for path, endpoint in posts.items()),
        *(Route(path, endpoint, methods=["GET"]) for path, endpoint in gets.items()),
    ]
