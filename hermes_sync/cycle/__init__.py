"""One pass: pull, diff, plan, check, apply, push. The shell around the pure core: it does and decides nothing."""

from hermes_sync.cycle.budget import Cost, pace_of
from hermes_sync.cycle.cycle import Cycle, PassSettings
from hermes_sync.cycle.hinted import AT_ONCE as HINTS_AT_ONCE
from hermes_sync.cycle.lease_keeper import LeaseKeeper
from hermes_sync.cycle.outcome import CycleReport, Plan, Scope, Summary

__all__ = [
    "HINTS_AT_ONCE",
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
