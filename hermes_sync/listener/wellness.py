"""Whether all is well: liveness, readiness, and the metrics for Prometheus (interface 4).

Liveness says that this process answers and asks nobody. Readiness and metrics come from the store, because passes run
in another process. The metrics are for people of the house: whoever logs in as for the status page, else whoever asks
from loopback or a private network and not through a proxy.
"""

import threading
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from hermes_sync.listener import guard
from hermes_sync.listener.answers import OK, Json, Refused
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.lateness import INTERVALS, latest_after
from hermes_sync.listener.store_metrics import StoreMetrics
from hermes_sync.listener.threads import Threads
from hermes_sync.reports.times import time_text
from hermes_sync.store import DATABASE_TROUBLE, LastPass

_KEPT: Final = 2.0
"""For so many seconds metrics are good enough, however many ask."""


class Wellness:
    """The endpoints `/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, desk: Desk, threads: Threads, registry: CollectorRegistry) -> None:
        self._desk = desk
        self._threads = threads
        self._registry = registry
        self._lock = threading.Lock()
        self._kept: tuple[float, bytes] | None = None
        self._head = desk.store.head_revision()
        registry.register(StoreMetrics(desk))

    async def healthz(self, request: Request) -> Response:  # noqa: ARG002  # an endpoint's shape
        """Say that this process answers."""
        return Json(OK)

    async def readyz(self, request: Request) -> Response:
        """Say whether passes run and the database answers: 200, or 503 with what is wrong.

        A last pass that was refused or came to nothing is told beside either; why only to people of the house.
        """
        trouble = None
        try:
            checks, trouble = await self._threads.look(self._checks)
        except DATABASE_TROUBLE as error:
            checks = {"database": f"does not answer ({type(error).__name__})"}
        told = {} if trouble is None else {"last_pass": _told(trouble, in_full=is_of_the_house(request))}
        wrong = [f"{name}: {said}" for name, said in checks.items() if said is not None]
        if not wrong:
            return Json({**OK, **told})
        return Json({"status": "error", "message": "; ".join(wrong), "checks": _spelt(checks), **told}, 503)

    def _checks(self) -> tuple[dict[str, str | None], LastPass | None]:
        """Return what is wrong with each thing that is checked, None where all is well, and the last pass if it was."""
        store = self._desk.store
        schema = store.current_revision()
        if schema != self._head:
            return {"database": None, "schema": f"is {schema or 'empty'}, and this program needs {self._head}"}, None
        return {"database": None, "schema": None, "pass": self._late()}, store.trouble()

    def _late(self) -> str | None:
        last = self._desk.store.last_good_pass()
        if last is None:
            return "none has succeeded yet"
        limit = latest_after(last, self._desk.settings.schedule.interval)
        age = self._desk.clock.now() - last.ended_at
        if age <= limit:
            return None
        ago, at_most = (int(one.total_seconds()) for one in (age, limit))
        return f"the last good one ended {ago} seconds ago, more than {INTERVALS} intervals ({at_most} seconds)"

    async def metrics(self, request: Request) -> Response:
        """Tell the metrics, in Prometheus' text format."""
        listener = self._desk.settings.listener
        password = listener.status_password.get_secret_value()
        if password and not guard.is_authorized(request, listener.status_user, password):
            raise Refused(401, "log in with status_user and status_password of [listener]", guard.CHALLENGE)
        if not password and not is_of_the_house(request):
            raise Refused(
                403, "metrics are told on this network only; set status_user and status_password in [listener]"
            )
        text = await self._threads.look(self._metrics_text)
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})

    def _metrics_text(self) -> bytes:
        with self._lock:
            now = self._desk.clock.monotonic()
            if self._kept is None or not 0 <= now - self._kept[0] < _KEPT:
                self._kept = (now, generate_latest(self._registry))
            return self._kept[1]


def is_of_the_house(request: Request) -> bool:
    """Whether a request comes from this machine or a private network, and not through a proxy."""
    if any(name in request.headers for name in guard.FORWARDED) or request.client is None:
        return False
    try:
        return ip_address(request.client.host).is_private
    except ValueError:
        return False


def _told(last: LastPass, *, in_full: bool) -> dict[str, object]:
    why = {"why": last.why} if in_full else {}
    return {"result": last.result, "exit_code": last.exit_code, "ended": time_text(last.ended_at), **why}


def _spelt(checks: Mapping[str, str | None]) -> dict[str, str]:
    return {name: said or "ok" for name, said in checks.items()}
