"""What the scenes of the demo share: the three systems, what is said, and what was found not to be so."""

import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from hermes_sync import reports
from hermes_sync.booking import Booker, NotBooked
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking
from hermes_sync.cycle import Cycle, Scope, Summary
from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore

Say = Callable[[str], None]
Row = dict[str, Any]

_WIDTH: Final = 88


class _Quiet:
    """A `ports.Progress` that shows nothing."""

    def report(self, step: str, done: int, total: int | None = None) -> None:
        """Show nothing."""


class Story:
    """The three systems, and what was found not to be so."""

    def __init__(self, say: Say, sandbox: Sandbox, store: SqlStore, cycle: Cycle, booker: Booker) -> None:
        self.pipedrive = sandbox.pipedrive
        self.tc2 = sandbox.tc2
        self._say = say
        self._store = store
        self._cycle = cycle
        self._booker = booker
        self._wrong: list[str] = []

    def tell(self, text: str) -> None:
        """Say a paragraph."""
        self._say("")
        self._say(textwrap.fill(text, _WIDTH))

    def check(self, sentence: str, *, holds: bool) -> None:
        """Say what should be so, and whether it is."""
        self._say(f"  {'ok ' if holds else 'NOT'}  {sentence}")
        if not holds:
            self._wrong.append(sentence)

    def end(self) -> bool:
        """Say how it went; return whether everything was as it should be."""
        self.tell(
            f"{len(self._wrong)} things were not as they should be: {'; '.join(self._wrong)}."
            if self._wrong
            else "Everything converged. To try the other commands: `hermes-sync sandbox`, and `hermes-sync diff` in "
            "another terminal."
        )
        return not self._wrong

    def diff(self, *, full: bool = False, show: str = "") -> Summary:
        """Plan a pass, show what one remote object causes, and return the counts."""
        self._say(f"$ hermes-sync diff{' --full' if full else ''}")
        with self._cycle.diff(Scope(full=full), _Quiet()) as plan:
            shown = (action for action in plan.actions() if action.cause == show)
            for line in reports.action_lines(shown, {}):
                self._say(f"    {line.plain}")
            self._say(f"    {_counted(plan.summary)}")
            return plan.summary

    def reconcile(self, *, full: bool = False) -> Summary:
        """Run a pass, check that every push went through, and return the counts."""
        self._say(f"$ hermes-sync reconcile{' --full' if full else ''}")
        self.pipedrive.log.clear()
        self.tc2.log.clear()
        with self._cycle.reconcile(Scope(full=full), _Quiet()) as report:
            self._say(f"    {_counted(report.plan.summary)}")
            if report.exit_code:
                self.check(f"{report.deferred} pushes were deferred, {report.refused} refused", holds=False)
            return report.plan.summary

    def free_slot(self, admin_id: int) -> Span:
        """Return the first slot of an admin in the week that begins tomorrow."""
        tomorrow = self._booker.clock.now() + timedelta(days=1)
        return self._booker.slots(admin_id, Span(tomorrow, tomorrow + timedelta(days=7)))[0]

    def book(self, booking: Booking) -> bool:
        """Book a call, and return whether that could be done."""
        self._say(f"$ hermes-sync book {booking.type} …")
        try:
            self._booker.book(booking)
        except NotBooked as error:
            self._say(f"    not booked: {error}")
            return False
        self._say("    booked")
        return True

    def writes(self) -> int:
        """Count what the last pass wrote to either remote."""
        return len(self.pipedrive.log.writes()) + len(self.tc2.log.writes())

    def objects(self, name: str) -> list[Row]:
        """Return the Hermes objects of one list of the export."""
        return [row for _, rows in self._store.export([name]) for row in rows]

    def one(self, list_: str, /, **key: object) -> Row | None:
        """Return the Hermes object of a list with these values."""
        found = (row for row in self.objects(list_) if all(row[one] == value for one, value in key.items()))
        return next(found, None)

    def check_in_step(self, *, alone: tuple[int, ...] = ()) -> None:
        """Compare all three systems, object by object; the cligencies `alone` have no Company any more."""
        differences = list(self._differences(alone))
        self.check(f"all three systems say the same{''.join(f'; {one}' for one in differences)}", holds=not differences)

    def _differences(self, alone: tuple[int, ...]) -> Iterator[str]:
        orgs = {row["id"]: row for row in self.pipedrive.all("organization")}
        companies = {row["pd_org_id"]: row for row in self.objects("companies") if row["pd_org_id"]}
        if orgs.keys() != companies.keys():
            yield f"Orgs {sorted(orgs)} but Companies of {sorted(companies)}"
        yield from (
            f"Org {id_} has another name" for id_ in orgs if companies.get(id_, {}).get("name") != orgs[id_]["name"]
        )
        for kind, name, link in (("person", "contacts", "pd_person_id"), ("deal", "deals", "pd_deal_id")):
            living = {row["id"] for row in self.pipedrive.all(kind) if row["org_id"] in orgs}
            known = {row[link] for row in self.objects(name) if row[link]}
            if living != known:
                yield f"{kind}s {sorted(living)} but {name} of {sorted(known)}"
        for client in self.tc2.all_clients():
            if client["id"] not in alone:
                yield from self._client_differences(client["id"])

    def _client_differences(self, client_id: int) -> Iterator[str]:
        company = self.one("companies", tc2_cligency_id=client_id)
        if company is None:
            yield f"cligency {client_id} has no Company"
        elif company["pd_org_id"]:
            said = self.tc2.attrs(client_id)
            org_id = company["pd_org_id"]
            wanted = {
                "pipedrive_id": str(org_id),
                "pipedrive_url": f"{self.pipedrive.url}/organization/{org_id}/",
                "pipedrive_deal_stage": self._stage_shown(org_id),
            }
            yield from (f"{one} of cligency {client_id}" for one, value in wanted.items() if said[one] != value)

    def _stage_shown(self, org_id: int) -> str | None:
        """Return the name of the stage that the open deal of an Org stands in, as Pipedrive has it."""
        deals = [row for row in self.pipedrive.all("deal") if row["org_id"] == org_id]
        is_open = [row for row in deals if row["status"] == "open" and not row["is_archived"]]
        latest = max(is_open, key=lambda row: int(row["id"]), default=None)
        return None if latest is None else str(self.pipedrive.get("stage", latest["stage_id"])["name"])


def _counted(summary: Summary) -> str:
    if not has_actions(summary):
        return "nothing to do"
    return (
        f"{summary.create} to create, {summary.update} to update, {summary.delete} to delete in Hermes; "
        f"{summary.push} to push"
    )


def has_actions(summary: Summary) -> bool:
    """Whether a plan does anything."""
    return bool(summary.create or summary.update or summary.delete or summary.push)
