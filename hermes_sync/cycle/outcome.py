"""What a pass is asked to look at, what it plans, and how it went: the values that `reports` prints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.records import Notice
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle.budget import Cost
from hermes_sync.ports import Usage
from hermes_sync.store import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much a pass looks at.

    `since` (aware, UTC) looks again at everything said to be updated since then; `full` reads everything, and so
    finds every deletion. `hinted_only` polls nothing of Pipedrive: it reads what webhooks named, plans what was
    booked, and goes on with TC2's rolling reading. `sweep` is how many cligencies of that it reads,
    fewer after a long list; None as many as the config says.
    """

    since: datetime | None = None
    full: bool = False
    hinted_only: bool = False
    sweep: int | None = None

    def __str__(self) -> str:
        if self.full:
            return "full"
        if self.hinted_only:
            return "rolling" if self.sweep else "hints"
        return "ordinary" if self.since is None else f"since {self.since.isoformat()}"


@dataclass(frozen=True, slots=True)
class Summary:
    """How many actions a plan has: on Hermes objects by verb, and pushes."""

    create: int
    update: int
    delete: int
    push: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a pass will do, before it does anything (design 1).

    Backed by the draft of its pass, so that a plan of any size takes little memory; it lives as long as the pass.
    """

    summary: Summary
    hash: str
    notices: tuple[Notice, ...]
    unsafe: UnsafePlan | None
    cost: Cost
    _draft: Draft

    def actions(self) -> Iterator[PlannedAction]:
        """Yield the planned actions, those of one cause together."""
        return self._draft.actions()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """How a pass went.

    `outcomes` tells of each push, by object and Hermes id: pushed, deferred, refused, or gone (its target does not
    exist any more). `exit_code` is 0, or 5 when something was deferred or refused. `seconds` is wall time.
    """

    pass_id: int
    plan: Plan
    outcomes: Mapping[tuple[str, int], str]
    exit_code: int
    pipedrive: Usage
    tc2: Usage
    seconds: float
    deferred: int
    refused: int
    again_in: float | None = None
    """In how many seconds a pass may go on with the hints or bookings that this one left; None when it left none."""
    notices: tuple[Notice, ...] = ()
