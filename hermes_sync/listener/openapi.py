"""Our own description of the addresses, as OpenAPI 3.1: made of the forms that check the input, so that both agree.

A test compares it with the routes, and another sends what it allows and what it does not.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel

from hermes_sync import __version__
from hermes_sync.booking import SalesForm, SupportForm
from hermes_sync.listener.answers import MEDIA_TYPE
from hermes_sync.settings.sections import PricePlan
from hermes_sync.store import COMPANY_FIELDS, HIGHEST_ID

Schema = Mapping[str, Any]

_ID: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": HIGHEST_ID}
_STAMP: Final[Schema] = {"type": "string", "format": "date-time"}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_ID_OR_NULL: Final[Schema] = {"type": ["integer", "null"]}
_WEBHOOK: Final[Schema] = {"description": "A webhook as it is sent; only kinds and ids in it are looked at."}


def _object(**properties: Schema) -> Schema:
    """Return the schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_OK: Final = _object(status={"const": "ok"})
_ERROR: Final[Schema] = _object(status={"const": "error"}, message=_TEXT)
_BAD_INPUT: Final[Schema] = _object(
    status={"const": "error"},
    message=_TEXT,
    errors={"type": "array", "minItems": 1, "items": _object(field=_TEXT, message=_TEXT)},
)
_LAST_PASS: Final[Schema] = {
    "description": "The last pass, or the last that polled, if it was refused or came to nothing; why is told at home.",
    "type": "object",
    "properties": {"result": _TEXT, "exit_code": {"type": "integer"}, "ended": _STAMP, "why": _TEXT},
    "required": ["result", "exit_code", "ended"],
    "additionalProperties": False,
}


def _with_last_pass(schema: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], "last_pass": _LAST_PASS}}


_READY: Final = _with_last_pass(_OK)
_NOT_READY: Final = _with_last_pass(
    _object(status={"const": "error"}, message=_TEXT, checks={"type": "object", "additionalProperties": _TEXT})
)
_ADMIN: Final = _object(
    id=_ID,
    first_name=_TEXT,
    last_name=_TEXT,
    email=_TEXT,
    tc2_admin_id=_ID_OR_NULL,
    pd_owner_id=_ID_OR_NULL,
    timezone=_TEXT,
)
_COMPANY: Final = _object(
    id=_ID,
    name={"type": "string"},
    pd_org_id=_ID_OR_NULL,
    tc2_cligency_id=_ID_OR_NULL,
    tc2_agency_id=_ID_OR_NULL,
    country=_TEXT_OR_NULL,
    price_plan=_TEXT_OR_NULL,
)
_SLOTS: Final = _object(
    status={"const": "ok"},
    slots={"type": "array", "items": {"type": "array", "items": _STAMP, "minItems": 2, "maxItems": 2}},
)

_SAID: Final[Mapping[int, str]] = {
    200: "Done.",
    400: "It cannot be booked, and why.",
    401: "User or password is wrong.",
    403: "Not for this caller.",
    404: "There is none.",
    408: "The body came too slowly.",
    413: "The body is longer than 1 MiB.",
    422: "The input can never be right, field by field.",
    503: "Not now: the database or a pass is to be waited for.",
}
_BASIC: Final[list[dict[str, list[str]]]] = [{"basic": []}]
_SIGNED: Final[list[dict[str, list[str]]]] = [{"signature": []}]
_BEARER: Final[list[dict[str, list[str]]]] = [{"bearer": []}]


def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hermes-sync",
            "version": __version__,
            "description": "What the website, Pipedrive and TC2 call. The last slash of an address may be left out.",
        },
        "paths": dict(_paths()),
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer", "description": "The API key of TC2."},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Webhook-Signature",
                    "description": "The hex HMAC-SHA256 of the raw body under the API key of TC2.",
                },
            }
        },
    }


def _paths() -> Iterable[tuple[str, dict[str, Any]]]:
    yield (
        "/pipedrive/callback/",
        _post("Remember what a webhook of Pipedrive names", _WEBHOOK, {200: _OK, 401: _ERROR}, security=[{}, *_BASIC]),
    )
    yield (
        "/tc2/callback/",
        _post("Remember what a webhook of TC2 is about", _WEBHOOK, {200: _OK, 403: _ERROR}, security=_SIGNED),
    )
    booked = {200: _OK, 400: _ERROR, 422: _BAD_INPUT}
    yield "/callbooker/sales/book/", _post("Book a sales call", _form(SalesForm), booked)
    yield "/callbooker/support/book/", _post("Book a support call", _form(SupportForm), booked)
    yield (
        "/callbooker/availability/",
        _get(
            "Tell when an admin can be booked",
            {200: _SLOTS, 400: _ERROR, 422: _BAD_INPUT},
            {"admin_id": _ID, "start_dt": _STAMP, "end_dt": _STAMP},
        ),
    )
    yield (
        "/callbooker/support-link/generate/tc2/",
        _get(
            "Make a support link",
            {
                200: _object(link={"type": "string", "format": "uri"}),
                400: _ERROR,
                403: _ERROR,
                404: _ERROR,
                422: _BAD_INPUT,
            },
            {"tc2_admin_id": _ID, "tc2_cligency_id": _ID},
            security=_BEARER,
        ),
    )
    yield (
        "/callbooker/support-link/validate/",
        _get(
            "Tell whether a support link is good",
            {200: _object(status={"const": "ok"}, company_name={"type": "string"}), 403: _ERROR},
            {"admin_id": _ID, "company_id": _ID, "e": _ID, "s": {"type": "string"}},
        ),
    )
    yield (
        "/choose-roundrobin/sales/",
        _get(
            "Tell whose turn it is to sell",
            {200: _ADMIN, 404: _ERROR, 422: _BAD_INPUT},
            {"plan": {"enum": list(get_args(PricePlan))}},
            {"country_code": {"type": "string"}},
        ),
    )
    yield "/choose-roundrobin/support/", _get("Tell whose turn it is to give support", {200: _ADMIN, 404: _ERROR})
    yield (
        "/loc/",
        _get("Tell the visitor's country", {200: _object(country_code={"type": "string", "pattern": "^[A-Z0-9]{2}$"})}),
    )
    yield (
        "/companies/",
        _get(
            "Tell the first 10 companies with these fields, one or more of them",
            {200: {"type": "array", "items": _COMPANY, "maxItems": 10}, 422: _BAD_INPUT},
            {},
            {name: _TEXT if name in ("name", "country", "price_plan") else _ID for name in COMPANY_FIELDS},
        ),
    )
    yield "/healthz", _get("Tell that this answers", {200: _OK})
    yield "/readyz", _get("Tell whether passes run", {200: _READY}, not_now=_NOT_READY)
    yield "/metrics", _get("Tell the metrics", {200: None, 401: _ERROR, 403: _ERROR}, security=[{}, *_BASIC])
    yield "/openapi.json", _get("Tell this", {200: {"type": "object"}})


def _form(form: type[BaseModel]) -> Schema:
    """Return the schema of a form; what it checks beyond is told in words by the 422."""
    return form.model_json_schema()


def _post(
    summary: str, body: Schema, answers: Mapping[int, Schema], security: list[dict[str, list[str]]] | None = None
) -> dict[str, Any]:
    request = {"required": True, "content": {MEDIA_TYPE: {"schema": body}}}
    limits = {408: _ERROR, 413: _ERROR, 503: _ERROR}
    return {"post": {**_operation(summary, {**answers, **limits}, security), "requestBody": request}}


def _get(
    summary: str,
    answers: Mapping[int, Schema | None],
    required: Mapping[str, Schema] | None = None,
    optional: Mapping[str, Schema] | None = None,
    *,
    not_now: Schema = _ERROR,
    security: list[dict[str, list[str]]] | None = None,
) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "required": is_required, "schema": schema}
        for named, is_required in ((required or {}, True), (optional or {}, False))
        for name, schema in named.items()
    ]
    return {"get": {**_operation(summary, {**answers, 503: not_now}, security), "parameters": parameters}}


def _operation(
    summary: str, answers: Mapping[int, Schema | None], security: list[dict[str, list[str]]] | None
) -> dict[str, Any]:
    told = {str(status): _answer(status, schema) for status, schema in sorted(answers.items())}
    operation: dict[str, Any] = {"summary": summary, "responses": told}
    return operation if security is None else {**operation, "security": security}


def _answer(status: int, schema: Schema | None) -> dict[str, Any]:
    content = {"text/plain": {}} if schema is None else {MEDIA_TYPE: {"schema": schema}}
    return {"description": _SAID[status], "content": content}
