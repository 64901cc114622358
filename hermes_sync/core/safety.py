"""The safety limits, checked on the whole plan before anything is applied (interface 2, semantics 5.6)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hermes_sync.core.action_table import MERGE_RULE
from hermes_sync.core.plan import PlannedAction, Verb
from hermes_sync.core.records import System

CHECKED_FROM: Final = 10
"""The share of a kind is checked from this many objects up: of three, one is already a third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one pass may do before a person must say that it is meant."""

    max_deletes: int = 25
    max_delete_percent: float = 30
    max_creates: int = 100
    max_updates: int = 500


class UnsafePlan(Exception):
    """The plan is over a limit; nothing was applied and nothing was pushed (exit 3)."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(
            "refused by the safety limits: "
            + "; ".join(reasons)
            + ". Nothing was applied and nothing was pushed. Look at `hermes-sync diff` with the same options; "
            "if this is meant, run the same `hermes-sync reconcile` with --force, or raise the limit in [safety]."
        )
        self.reasons = reasons


@dataclass(slots=True)
class Tally:
    """What a plan would do, counted as its actions go by."""

    verbs: Counter[Verb] = field(default_factory=Counter)
    pushes: int = 0
    deletes: Counter[str] = field(default_factory=Counter)
    remote_creates: int = 0
    remote_updates: int = 0

    def add(self, actions: Iterable[PlannedAction]) -> None:
        """Count these actions too."""
        for action in actions:
            if action.system is System.HERMES:
                self.verbs[action.verb] += 1
                if action.verb is Verb.DELETE and MERGE_RULE not in action.rules:
                    self.deletes[action.object] += 1
                continue
            self.pushes += 1
            if action.verb is Verb.CREATE:
                self.remote_creates += 1
            else:
                self.remote_updates += 1


def unsafe(tally: Tally, population: Mapping[str, int], limits: Limits) -> UnsafePlan | None:
    """Return why the counted plan is over a limit, if it is; `population` counts the objects of each kind."""
    reasons = tuple(_reasons(tally, population, limits))
    return UnsafePlan(reasons) if reasons else None


def _reasons(tally: Tally, population: Mapping[str, int], limits: Limits) -> Iterable[str]:
    deleted = tally.deletes.total()
    if deleted > limits.max_deletes:
        yield (
            f"{deleted} Hermes objects would be deleted ({_listed(tally.deletes)}), "
            f"safety.max_deletes is {limits.max_deletes}"
        )
    for kind, count in sorted(tally.deletes.items()):
        of = population.get(kind, 0)
        if of >= CHECKED_FROM and count * 100 > limits.max_delete_percent * of:
            yield (
                f"{count} of {of} {_PLURALS.get(kind, kind)} would be deleted ({count * 100 / of:.0f} %), "
                f"safety.max_delete_percent is {limits.max_delete_percent:g}"
            )
    if tally.remote_creates > limits.max_creates:
        yield (
            f"{tally.remote_creates} objects would be created in Pipedrive, safety.max_creates is {limits.max_creates}"
        )
    if tally.remote_updates > limits.max_updates:
        yield (
            f"{tally.remote_updates} objects would be updated in Pipedrive and TC2, "
            f"safety.max_updates is {limits.max_updates}"
        )


_PLURALS: Final = {
    "company": "companies",
    "contact": "contacts",
    "deal": "deals",
    "meeting": "meetings",
    "pipeline": "pipelines",
    "stage": "stages",
}


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {_PLURALS.get(kind, kind)}" for kind, count in sorted(counts.items()))
