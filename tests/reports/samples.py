"""Plain values to print: a few actions, a plan and a report that need no store and no pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hermes_sync.core.plan import FieldChange, PlannedAction, Verb
from hermes_sync.core.records import Notice, System
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle import CycleReport, Plan, Summary
from hermes_sync.cycle.budget import Cost
from hermes_sync.ports import Usage

CREATED = PlannedAction(
    rule="pd.org.created/hermes.company/missing",
    rules=("pd.org.created/hermes.company/missing",),
    cause="pipedrive:organization:10",
    system=System.HERMES,
    object="company",
    verb=Verb.CREATE,
    key={"pd_org_id": 10},
    changes=(FieldChange("name", None, "Acme"),),
    id=1,
)
PUSHED = PlannedAction(
    rule="pd.org.created/tc2.cligency/exists",
    rules=("pd.org.created/tc2.cligency/exists", "pd.deal.created/tc2.cligency/exists"),
    cause="pipedrive:organization:10",
    system=System.TC2,
    object="client",
    verb=Verb.UPDATE,
    key={"tc2_cligency_id": 20},
    changes=(FieldChange("pipedrive_id", "9", "10"),),
    id=1,
    remote_id=20,
)
DELETED = PlannedAction(
    rule="pd.deal.deleted/hermes.deal/exists",
    rules=("pd.deal.deleted/hermes.deal/exists",),
    cause="pipedrive:deal:7",
    system=System.HERMES,
    object="deal",
    verb=Verb.DELETE,
    key={"pd_deal_id": 7},
    changes=(FieldChange("name", "Acme", None),),
    id=1,
)
ALL = (CREATED, PUSHED, DELETED)
NOTICE = Notice(code="ambiguous-match", message="two Companies are called Acme", refs=("pipedrive:organization:10",))


@dataclass(frozen=True)
class PlanOf:
    """A Plan of given actions."""

    given: Sequence[PlannedAction] = ALL
    summary: Summary = field(default_factory=lambda: Summary(1, 0, 1, 1))
    hash: str = "0123456789abcdef"
    notices: tuple[Notice, ...] = (NOTICE,)
    unsafe: UnsafePlan | None = None
    cost: Cost = field(default_factory=lambda: Cost(tokens=5, pipedrive_requests=1, tc2_requests=2))

    def actions(self) -> Iterator[PlannedAction]:
        """Yield the actions."""
        return iter(self.given)


NOTHING = cast("Plan", PlanOf(given=(), summary=Summary(0, 0, 0, 0), notices=()))


def plan_of(**values: Any) -> Plan:
    """Return a plan of these values."""
    return cast("Plan", PlanOf(**values))


def report_of(plan: Plan, **values: Any) -> CycleReport:
    """Return how a pass went that carried out this plan."""
    usual = {
        "pass_id": 3,
        "outcomes": {("client", 1): "pushed"},
        "exit_code": 0,
        "pipedrive": Usage(requests=4, tokens=40, daily_left=29960),
        "tc2": Usage(requests=1),
        "seconds": 1.25,
        "deferred": 0,
        "refused": 0,
        "notices": plan.notices,
    }
    return CycleReport(plan=plan, **{**usual, **values})
