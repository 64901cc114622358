"""What each remote should say, as a function of the Hermes state, and where it says something else.

A push carries only what differs from last-seen, key by key, and never an equal value (semantics 3).
"""

from collections.abc import Iterable, Mapping

from hermes_sync.core.objects import Company, Deal, Pipeline, Stage
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency
from hermes_sync.core.values import same


def client_attributes(
    company: Company,
    deals: Iterable[Deal],
    pipelines: Mapping[int, Pipeline],
    stages: Mapping[int, Stage],
    policy: Policy,
) -> dict[str, str | None]:
    """Return the attributes that the cligency of a Company should have.

    They show the Company's open Deal (archived ones do not count); with several, the one with the highest
    Pipedrive id; with none, stage and pipeline are null. A Company without an Org says nothing of the link: what a
    person set in TC2 is not wiped out before it could be followed.
    """
    wanted: dict[str, str | None] = {}
    if company.pd_org_id is not None:
        wanted["pipedrive_url"] = policy.org_url(company.pd_org_id)
        wanted["pipedrive_id"] = str(company.pd_org_id)
    shown = shown_deal(deals)
    stage = None if shown is None or shown.stage_id is None else stages.get(shown.stage_id)
    pipeline = None if shown is None or shown.pipeline_id is None else pipelines.get(shown.pipeline_id)
    wanted["pipedrive_deal_stage"] = None if stage is None else stage.name
    wanted["pipedrive_pipeline"] = None if pipeline is None else pipeline.name
    return {name: value for name, value in wanted.items() if name in policy.client_attrs}


def shown_deal(deals: Iterable[Deal]) -> Deal | None:
    """Return the Deal that a cligency shows: the open one with the highest Pipedrive id."""
    open_deals = [deal for deal in deals if deal.status == "open" and not deal.archived]
    return max(open_deals, key=lambda deal: (deal.pd_deal_id or 0, deal.id), default=None)


def client_changes(wanted: Mapping[str, str | None], seen: Cligency) -> tuple[FieldChange, ...]:
    """Return where a cligency, as last seen, says something else than wanted."""
    return tuple(
        FieldChange(name, getattr(seen, name), value)
        for name, value in wanted.items()
        if not _same_attribute(name, getattr(seen, name), value, seen)
    )


def _same_attribute(name: str, said: str | None, wanted: str | None, seen: Cligency) -> bool:
    """Whether an attribute already says what is wanted; a link is the same with and without its last slash."""
    if name == "pipedrive_url" and said and wanted:
        return said.rstrip("/") == wanted.rstrip("/")
    if name in seen.dropdowns and said and wanted:
        return said.strip().casefold() == wanted.strip().casefold()
    return same(said, wanted)
