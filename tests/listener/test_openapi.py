"""Our own description of the addresses: whole, valid, and true."""

from typing import Any

import jsonschema
from openapi_core import OpenAPI
from starlette.routing import Route

from hermes_sync.listener import create_app
from hermes_sync.listener.openapi import description
from hermes_sync.listener.status_page import routes as page_routes
from tests.listener.rig import Served

CONTRACT = {
    "POST": ["/pipedrive/callback/", "/tc2/callback/", "/callbooker/sales/book/", "/callbooker/support/book/"],
    "GET": [
        "/callbooker/availability/",
        "/callbooker/support-link/generate/tc2/",
        "/callbooker/support-link/validate/",
        "/choose-roundrobin/sales/",
        "/choose-roundrobin/support/",
        "/loc/",
        "/companies/",
        "/healthz",
        "/readyz",
        "/metrics",
    ],
}
"""The addresses of interface 4."""


def test_the_description_is_valid_openapi() -> None:
    """So that tools take it."""
    assert OpenAPI.from_dict(description()).spec


def test_every_address_is_described(served: Served) -> None:
    """Those of the interface and no other, the pages for people aside."""
    described = {(method.upper(), path) for path, methods in description()["paths"].items() for method in methods}
    app: Any = create_app(served.desk)
    pages = {route.path for route in page_routes(served.desk)}
    served_here = {
        (method, route.path)
        for route in app._app.routes
        if isinstance(route, Route) and route.path not in pages
        for method in route.methods or ()
        if method != "HEAD"
    }
    contract = {(method, path) for method, paths in CONTRACT.items() for path in paths}

    assert described == served_here == contract | {("GET", "/openapi.json")}


def test_the_description_is_told(served: Served) -> None:
    """At its own address, byte for byte what the program has."""
    answer = served.http.get("/openapi.json")
    assert answer.json() == description()
    assert served.http.get("/openapi.json").json() == description(), "also the second time"


def test_answers_without_a_daemon_are_as_described(served: Served) -> None:
    """503 of readiness and errors of every sort."""
    paths = description()["paths"]
    for method, path, query in (
        ("get", "/readyz", ""),
        ("get", "/companies/", "?"),
        ("get", "/choose-roundrobin/sales/", "?plan=enterprise"),
        ("get", "/callbooker/support-link/validate/", "?s=1"),
        ("get", "/callbooker/support-link/generate/tc2/", "?tc2_admin_id=1"),
        ("post", "/tc2/callback/", ""),
        ("post", "/callbooker/sales/book/", ""),
    ):
        answer = served.http.request(method, f"{path}{query}")
        schema = paths[path][method]["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        assert answer.status_code >= 400
        jsonschema.validate(answer.json(), schema)
