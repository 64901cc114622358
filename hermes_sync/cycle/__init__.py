"""One pass: pull, diff, plan, check, apply, push. The shell around the pure core: it does and decides nothing."""

from hermes_sync.cycle.budget import Cost, pace_of
from hermes_sync.cycle.cycle import Cycle
from hermes_sync.cycle.lease_keeper import LeaseKeeper
from hermes_sync.cycle.outcome import CycleReport, Plan, Scope, Summary
from hermes_sync.cycle.run import PassSettings

__all__ = [
    "Cost",
    "Cycle",
    "CycleReport",
    "LeaseKeeper",
    "PassSettings",
    "Plan",
    "Scope",
    "Summary",
    "pace_of",
]
