"""A calendar kept in memory that behaves as Google's: ids are taken once, and what it can't say it says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hermes_sync.core.availability import Span
from hermes_sync.core.objects import Admin
from hermes_sync.ports import CalendarEvent, CalendarUnavailable


def nothing_happens() -> None:
    """Let things go well."""


@dataclass
class Diary:
    """Events by the e-mail of the admin. `before` and `after` happen around each event that is made, and may raise."""

    events: dict[str, dict[str, CalendarEvent]] = field(default_factory=dict)
    taken: list[Span] = field(default_factory=list)
    """When every admin is busy without an event of ours."""
    is_readable: bool = True
    asked: int = 0
    before: Callable[[], None] = nothing_happens
    after: Callable[[], None] = nothing_happens

    def busy(self, admin: Admin, within: Span) -> list[Span]:
        """Return when an admin is busy, also what only touches."""
        self.asked += 1
        if not self.is_readable:
            raise CalendarUnavailable("nobody answers", perhaps_done=False)
        spans = [*self.taken, *(one.span for one in self.events.get(admin.email, {}).values())]
        return [one for one in spans if one.start <= within.end and within.start <= one.end]

    def insert(self, admin: Admin, event: CalendarEvent) -> None:
        """Make an event; one with this id is left as it is."""
        self.before()
        self.events.setdefault(admin.email, {}).setdefault(event.id, event)
        self.after()

    def all_events(self) -> list[CalendarEvent]:
        """Return the events of all admins."""
        return [event for events in self.events.values() for event in events.values()]
