"""The status page: for people who would rather look than read. Read-only, rendered here, no script.

`/` shows how everything is, `/story` finds an object and tells its story, `/pass` what one pass did. What takes a
survey of the whole store is asked for at most every few seconds, however many look.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from hermes_sync import bootstrap
from hermes_sync.listener import guard, status_view
from hermes_sync.listener.chart import chart_of
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.naming import id_of
from hermes_sync.reports import History, StatusReport, subject_of
from hermes_sync.reports.times import time_text
from hermes_sync.reports.values import shown
from hermes_sync.rules import all_rules
from hermes_sync.store import NeverSeen, Subject

CHARTED: Final = 48
"""So many passes are drawn."""
TOLD: Final = 200
"""So many entries of a story are shown, the newest."""
FOUND: Final = 20
_TEMPLATES: Final = Path(__file__).parent / "templates"
_KEPT: Final = 5.0
"""For so many seconds a survey of the store is good enough."""
_SAFE: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def routes(desk: Desk) -> list[Route]:
    """Return the routes of the page."""
    page = _Page(desk)
    return [
        Route("/", page.guarded(page.overview), methods=["GET"]),
        Route("/story", page.guarded(page.story), methods=["GET"]),
        Route("/pass", page.guarded(page.one_pass), methods=["GET"]),
        Route("/status.css", page.style, methods=["GET"]),
    ]


class _Page:
    """Answers the requests for the page; what blocks runs in a thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"time": time_text, "shown": shown}
        self._style = (_TEMPLATES / "status.css").read_text(encoding="utf-8")
        self._sentences = {id_: sentence for id_, sentence, _ in all_rules()}
        self._survey_lock = threading.Lock()
        self._survey: tuple[float, StatusReport] | None = None

    def guarded(self, answer: Callable[[Request], Response]) -> Callable[..., object]:
        """Return an endpoint that answers only those who may look."""

        async def endpoint(request: Request) -> Response:
            listener = self._desk.settings.listener
            away = guard.turned_away(request, listener.status_user, listener.status_password.get_secret_value())
            response = away if away is not None else await run_in_threadpool(answer, request)
            response.headers.update(_SAFE)
            return response

        return endpoint

    async def style(self, request: Request) -> Response:  # noqa: ARG002  # an endpoint's shape
        """Answer with the style sheet, which is no secret."""
        return PlainTextResponse(self._style, media_type="text/css", headers={"cache-control": "max-age=3600"})

    def overview(self, request: Request) -> Response:  # noqa: ARG002  # an endpoint's shape
        """Show how everything is."""
        store = self._desk.store
        running = store.current_lease(self._desk.clock.now())
        history = History(passes=store.passes(CHARTED, bookings=False), running=running)
        report = self._report()
        last_good, shortest = store.last_good_pass(), self._desk.settings.schedule.interval
        return self._render(
            "status.html",
            headline=status_view.headline(report, last_good, shortest),
            running=running is not None,
            chart=chart_of(history),
            passes=list(status_view.pass_lines(history)),
            waiting=list(status_view.push_lines(report.store.waiting)),
            waiting_total=len(report.store.waiting),
            refused=list(status_view.push_lines(report.store.refused)),
            refused_total=len(report.store.refused),
            fresh=list(status_view.fresh_lines(report)),
            budget=status_view.budget_of(report),
            drifts=report.drifts,
            pace=report.pace,
        )

    def story(self, request: Request) -> Response:
        """Find what is asked for; tell its story when it is one object, else list what fits."""
        said = request.query_params.get("q", "").strip()[:200]
        subject = _subject(said)
        if subject is not None:
            try:
                return self._tell(subject, said)
            except NeverSeen as error:
                return self._found(said, str(error), status=404)
        return self._found(said, "Try how a name begins, an e-mail address, a phone, a number, or company 42")

    def _tell(self, subject: Subject, said: str) -> Response:
        story = self._desk.store.story(subject)
        newest = deque((status_view.entry_line(entry, self._sentences) for entry in story.entries), maxlen=TOLD + 1)
        entries = list(reversed(newest))[:TOLD]
        return self._render(
            "story.html",
            asked=said,
            subject=str(story.subject),
            story=story,
            entries=entries,
            cut=len(newest) > TOLD,
            fields=list(status_view.field_lines(story)),
        )

    def _found(self, said: str, hint: str, *, status: int = 200) -> Response:
        found = self._desk.store.search(said, FOUND) if said else []
        title = f"What fits “{said}”" if said else "Find an object"
        return self._render("found.html", status=status, asked=said, said=title, found=found, hint=hint)

    def one_pass(self, request: Request) -> Response:
        """Show what one pass did."""
        store, number = self._desk.store, id_of(request.query_params.get("id"))
        found = None if number is None else store.pass_of(number)
        if found is None:
            return self._render("found.html", status=404, asked="", said="No such pass", found=[], hint="")
        history = History(passes=[found], running=store.current_lease(self._desk.clock.now()))
        (line,) = status_view.pass_lines(history)
        return self._render("pass.html", one=line, rules=store.rules_of_pass(found.id), sentences=self._sentences)

    def _report(self) -> StatusReport:
        """Return a status, at most some seconds old: drift takes a look at every Company."""
        with self._survey_lock:
            now = self._desk.clock.monotonic()
            if self._survey is None or now - self._survey[0] > _KEPT:
                self._survey = (now, bootstrap.status_of(self._desk.settings, self._desk.store, self._desk.clock))
            return self._survey[1]

    def _render(self, template: str, *, status: int = 200, **values: object) -> Response:
        said: Mapping[str, object] = {"said_at": time_text(self._desk.clock.now()), "asked": "", **values}
        return HTMLResponse(self._templates.get_template(template).render(said), status_code=status)


def _subject(said: str) -> Subject | None:
    """Return the one object that is named in full, if one is."""
    what, _, number = said.partition(" ")
    try:
        return subject_of(what.lower(), number.strip() or None)
    except ValueError:
        return None
