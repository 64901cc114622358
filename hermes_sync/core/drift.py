"""Drift: what TC2 owns and somebody edited in Pipedrive (semantics 3).

The Hermes value stays and nothing is pushed for it; the next change of the cligency puts it right in Pipedrive.
Until then `status` shows it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from hermes_sync.core.objects import Company
from hermes_sync.core.outbound import org_changes
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Org

EXAMPLES: Final = 10
"""How many drifted fields a survey keeps; the rest it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One field of one Org that says something else than Hermes; people are Pipedrive user ids."""

    company_id: int
    org_id: int
    field: str
    hermes: object
    pipedrive: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifts:
    """How many fields drifted, and the first of them."""

    count: int = 0
    examples: tuple[Drift, ...] = ()


def drift_of(company: Company, org: Org, policy: Policy) -> tuple[Drift, ...]:
    """Return the fields of an Org, as last seen, that drifted from its Company.

    Without a cligency TC2 owns none of them. `hermes_id` is Hermes' own and no drift.
    """
    if company.tc2_cligency_id is None:
        return ()
    return tuple(
        Drift(company_id=company.id, org_id=org.id, field=one.field, hermes=one.after, pipedrive=one.before)
        for one in org_changes(company, org, policy, ours=False)
        if one.field != "hermes_id"
    )


def survey(
    pairs: Iterable[tuple[Company, Org]], policy: Policy, *, to_be_said: Collection[tuple[int, str]] = ()
) -> Drifts:
    """Return how far Orgs drifted from their Companies; the pairs may be any number and are taken one by one.

    `to_be_said` names (Company, field) of what a push of the journal is still to say: there Hermes is the one that
    changed.
    """
    count = 0
    examples: list[Drift] = []
    for company, org in pairs:
        for drift in drift_of(company, org, policy):
            if (drift.company_id, drift.field) in to_be_said:
                continue
            count += 1
            if len(examples) < EXAMPLES:
                examples.append(drift)
    return Drifts(count=count, examples=tuple(examples))
