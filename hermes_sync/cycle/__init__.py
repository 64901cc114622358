"""One pass: pull, diff, plan, check, apply, push. The shell around the pure core: it does and decides nothing."""

from hermes_sync.cycle.budget import Cost
from hermes_sync.cycle.cycle import Cycle, PassSettings
from hermes_sync.cycle.outcome import CycleReport, Plan, Scope, Summary

__all__ = ["Cost", "Cycle", "CycleReport", "PassSettings", "Plan", "Scope", "Summary"]
