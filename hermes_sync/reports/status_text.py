"""What `status` and `rules` print for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.text import Text

from hermes_sync.core.drift import Drifts
from hermes_sync.core.pace import Pace
from hermes_sync.reports.story_text import COUNTED, History, count, drift_lines
from hermes_sync.reports.times import age_text, time_text
from hermes_sync.reports.values import differences

if TYPE_CHECKING:
    from hermes_sync.store import ClientFreshness, JournalPush, LastPass, Lease, PassRow, StoreStatus, Waiting


_NO_DRIFT: Final = Drifts()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The state of the store at a time (UTC), and Pipedrive's tokens of that day as far as is known."""

    store: "StoreStatus"
    now: datetime
    daily_budget: int
    spent_today: int
    left_today: int | None
    """What Pipedrive said last, if it said so today."""
    drifts: Drifts = _NO_DRIFT
    pace: Pace | None = None
    """How often a daemon polls Pipedrive for the rest of the day."""
    clients: "ClientFreshness | None" = None
    daemon: "Lease | None" = None
    """Which daemon is active."""
    waiting: "Waiting | None" = None
    trouble: "LastPass | None" = None
    """The last pass, or the last that polled, if it was refused or came to nothing."""


def status_of(
    store: "StoreStatus",
    *,
    now: datetime,
    daily_budget: int,
    spent_today: int,
    drifts: Drifts = _NO_DRIFT,
    pace: Pace | None = None,
    clients: "ClientFreshness | None" = None,
    daemon: "Lease | None" = None,
    waiting: "Waiting | None" = None,
    trouble: "LastPass | None" = None,
) -> StatusReport:
    """Return the status; what is left of the tokens is what the newest pass of today heard from Pipedrive."""
    heard = (one.counts.get("pipedrive_daily_left") for one in store.passes if one.started_at.date() == now.date())
    return StatusReport(
        store=store,
        now=now,
        daily_budget=daily_budget,
        spent_today=spent_today,
        left_today=next((left for left in heard if isinstance(left, int)), None),
        drifts=drifts,
        pace=pace,
        clients=clients,
        daemon=daemon,
        waiting=waiting,
        trouble=trouble,
    )


def status_lines(report: StatusReport) -> Iterator[Text]:
    """Yield the lines of a status."""
    store = report.store
    if store.running is not None:
        until = time_text(store.running.until)
        yield Text(f"A pass is running: {store.running.who} has it until {until}", "bold")
    if report.daemon is not None:
        yield Text(f"A daemon is active: {report.daemon.who}", "bold")
    if report.trouble is not None:
        ended = time_text(report.trouble.ended_at)
        yield Text(f"The last pass came to nothing ({report.trouble.result}, {ended}): {report.trouble.why}", "yellow")
    yield Text("Passes, newest first", "bold")
    if not store.passes:
        yield Text("  none yet; `hermes-sync reconcile` runs one")
    history = History(passes=store.passes, running=store.running)
    for one in store.passes:
        yield from _pass_lines(one, history.state_of(one))
    yield Text("What was read", "bold")
    for kind, fresh in store.kinds.items():
        cursor = store.cursors.get(kind)
        since, complete_at = (None, None) if cursor is None else (cursor.since, cursor.complete_at)
        oldest, complete = age_text(fresh.oldest_read_at, report.now), age_text(complete_at, report.now)
        changes = "" if since is None else f", changes read up to {time_text(since)}"
        yield Text(
            f"  {kind:<12} {fresh.living} known, {fresh.gone} gone; "
            f"oldest reading {oldest}, all read {complete}{changes}"
        )
    if report.clients is not None and report.clients.living:
        yield Text(f"  of the clients {report.clients.share_within_hour:.0%} were read within the last hour")
    if report.waiting is not None:
        yield from _waiting_lines(report.waiting)
    yield from _push_lines("Pushes that wait", store.waiting)
    yield from _push_lines(
        "Pushes that were refused (tried again after `hermes-sync retry`, with --full, or when their content changes)",
        store.refused,
    )
    yield from drift_lines(report.drifts)
    left = "" if report.left_today is None else f"; Pipedrive says that {report.left_today} are left"
    yield Text(f"Tokens today (UTC): {report.spent_today} spent of a budget of {report.daily_budget}{left}", "bold")
    if report.pace is not None:
        yield Text(f"  a daemon {report.pace}")


def rules_lines(rules: Sequence[tuple[str, str, str]]) -> Iterator[Text]:
    """Yield one line for each row of the action table: id, sentence, where it lives."""
    widest = max((len(id_) for id_, _, _ in rules), default=0)
    for id_, sentence, where in rules:
        yield Text.assemble((id_.ljust(widest), "bold"), "  ", sentence, "  ", (f"[{where}]", "dim"))


def _pass_lines(one: "PassRow", state: str) -> Iterator[Text]:
    counts = ", ".join(f"{count(one, key)} {word}" for key, word in COUNTED if count(one, key))
    ended = state if one.exit_code is None else f"{one.result}, exit {one.exit_code}"
    yield Text(
        f"  {one.id}  {time_text(one.started_at)}  {one.scope}  {ended}{f'  {counts}' if counts else ''}",
        "" if one.exit_code in (0, None) else "yellow",
    )
    if error := one.counts.get("error"):
        yield Text(f"      {error}", "yellow")
    for notice in one.notices:
        yield Text(f"      {notice.code}: {notice.message}", "dim")


def _waiting_lines(waiting: "Waiting") -> Iterator[Text]:
    if waiting.bookings:
        yield Text(f"Bookings of which not all has been written to Pipedrive: {waiting.bookings}", "bold")
    if waiting.hints:
        yield Text(f"Objects that webhooks named and no pass has read yet: {waiting.hints}", "bold")


def _push_lines(title: str, pushes: Sequence["JournalPush"]) -> Iterator[Text]:
    if not pushes:
        return
    yield Text(f"{title}: {len(pushes)}", "bold")
    for push in pushes:
        key = ", ".join(f"{name} {value}" for name, value in push.key.items())
        tried = f"tried {push.attempts} time{'' if push.attempts == 1 else 's'}"
        yield Text(f"  {push.verb} {push.kind.system} {push.kind} ({key})  {push.state}, {tried}  {push.rule}")
        for change in push.changes:
            for one in differences(change):
                yield Text(f"      {one.name}: {one.before} → {one.after}")
        if push.reason:
            yield Text(f"      {push.reason}", "yellow")
