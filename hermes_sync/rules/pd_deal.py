"""The rows of *PDDeal created, updated, deleted* (actions.md, "Actions inside Pipedrive"), in the table's order."""

from collections.abc import Iterator, Sequence
from typing import Final

from hermes_sync.core import matching, translation
from hermes_sync.core.action_table import Rule, rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.changes import DealChange
from hermes_sync.core.objects import Company, Deal, Kind
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.world import World


@rule("pd.deal.created/hermes.deal/exists", "pd.deal.updated/hermes.deal/exists")
def update_deal(change: DealChange, world: World) -> Iterator[Action]:
    """If it exists: update it."""
    deal = matching.deal_of_pd_deal(change.now, world).found
    if deal is None:
        return
    said = translation.of_deal(change.now, world.policy)
    yield from said.notices
    company = world.companies.one("org", change.now.org_id)
    if company is None:
        yield _kept(change, deal)
    moved = {} if company is None else {"company_id": company.id}
    yield Update(Kind.DEAL, deal.id, {"pd_deal_id": change.now.id, **moved, **said.fields})


@rule("pd.deal.created/hermes.deal/missing-unknown-company", "pd.deal.updated/hermes.deal/missing-unknown-company")
def no_company(change: DealChange, world: World) -> Iterator[Action]:
    """If it doesn't exist and the org_id doesn't match a Company: do nothing."""
    if matching.deal_of_pd_deal(change.now, world).found is None:
        if world.companies.one("org", change.now.org_id) is None:
            yield Nothing("the deal's Org has no Company")
        elif not change.may_create:
            yield Nothing("the deal is unchanged: looking at it again creates nothing")


@rule("pd.deal.created/hermes.deal/missing-known-company", "pd.deal.updated/hermes.deal/missing-known-company")
def create_deal(change: DealChange, world: World) -> Iterator[Action]:
    """If it doesn't exist and the org_id does match a Company: create it."""
    match = matching.deal_of_pd_deal(change.now, world)
    company = world.companies.one("org", change.now.org_id)
    if match.found is not None or company is None or not change.may_create:
        return
    if match.notice is not None:
        yield match.notice
    said = translation.of_deal(change.now, world.policy)
    yield from said.notices
    id_ = world.next_id(Kind.DEAL)
    yield Create(Deal(id=id_, pd_deal_id=change.now.id, name=change.now.title, company_id=company.id))
    yield Update(Kind.DEAL, id_, said.fields)


@rule("pd.deal.created/hermes.deal/person-known", "pd.deal.updated/hermes.deal/person-known")
def add_contact(change: DealChange, world: World) -> Iterator[Action]:
    """If the person_id matches a Contact: add the Contact to the Deal."""
    deal_id = _deal_id(change, world)
    contact = world.contacts.one("person", change.now.person_id)
    if deal_id is not None and contact is not None:
        yield Update(Kind.DEAL, deal_id, {"contact_id": contact.id})


@rule("pd.deal.created/hermes.deal/person-unknown", "pd.deal.updated/hermes.deal/person-unknown")
def blank_contact(change: DealChange, world: World) -> Iterator[Action]:
    """If the person_id doesn't match a Contact: the Contact field is blank."""
    deal_id = _deal_id(change, world)
    if deal_id is not None and world.contacts.one("person", change.now.person_id) is None:
        yield Update(Kind.DEAL, deal_id, {"contact_id": None})


@rule("pd.deal.created/hermes.deal/stage-known", "pd.deal.updated/hermes.deal/stage-known")
def add_stage(change: DealChange, world: World) -> Iterator[Action]:
    """If the stage_id matches a Stage: add the Stage to the Deal."""
    deal_id = _deal_id(change, world)
    stage = world.stages.one("pd_stage", change.now.stage_id)
    if deal_id is not None and stage is not None:
        yield Update(Kind.DEAL, deal_id, {"stage_id": stage.id, **_pipeline(change, world)})


@rule("pd.deal.created/hermes.deal/stage-unknown", "pd.deal.updated/hermes.deal/stage-unknown")
def blank_stage(change: DealChange, world: World) -> Iterator[Action]:
    """If the stage_id doesn't match a Stage: the Stage field is blank."""
    deal_id = _deal_id(change, world)
    if deal_id is not None and world.stages.one("pd_stage", change.now.stage_id) is None:
        yield Update(Kind.DEAL, deal_id, {"stage_id": None, **_pipeline(change, world)})


@rule("pd.deal.created/tc2.cligency/exists", "pd.deal.updated/tc2.cligency/exists")
def tell_cligency(change: DealChange, world: World) -> Iterator[Action]:
    """If the Company has a tc2_cligency_id: update it with the pipedrive_deal_stage and pipedrive_pipeline."""
    company = _company_after(change, world)
    if company is not None and company.tc2_cligency_id is not None:
        yield Tell(RemoteKind.CLIENT, company.id)


@rule("pd.deal.created/tc2.cligency/missing", "pd.deal.updated/tc2.cligency/missing")
def no_cligency(change: DealChange, world: World) -> Iterator[Action]:
    """If the Company has no tc2_cligency_id: do nothing."""
    company = _company_after(change, world)
    if company is None or company.tc2_cligency_id is None:
        yield Nothing("the Company has no cligency")


@rule("pd.deal.deleted/hermes.deal/exists")
def delete_deal(change: DealChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    deal = world.deals.one("pd_deal", change.ref.id)
    if deal is not None:
        yield Delete(Kind.DEAL, deal.id)


@rule("pd.deal.deleted/hermes.deal/missing")
def no_deal(change: DealChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    if world.deals.one("pd_deal", change.ref.id) is None:
        yield Nothing("no Deal has this deal")


@rule("pd.deal.deleted/hermes.company")
def leave_company(change: DealChange, world: World) -> Iterator[Action]:
    """If linked: is not affected."""
    yield from _leave_company(change, world)


@rule("pd.deal.deleted/hermes.contact")
def leave_contact(change: DealChange, world: World) -> Iterator[Action]:
    """If linked: is not affected."""
    deal = world.deals.one("pd_deal", change.ref.id)
    if deal is not None and deal.contact_id is not None:
        yield Nothing("the Contact is not affected")


@rule("pd.deal.deleted/hermes.meeting")
def blank_deal_of_meetings(change: DealChange, world: World) -> Iterator[Action]:
    """If linked: is not affected (its deal link becomes blank)."""
    deal = world.deals.one("pd_deal", change.ref.id)
    if deal is not None:
        yield from (
            Update(Kind.MEETING, meeting.id, {"deal_id": None}) for meeting in world.meetings.where("deal", deal.id)
        )


@rule("pd.deal.deleted/hermes.company/again")
def leave_company_again(change: DealChange, world: World) -> Iterator[Action]:
    """If linked: is not affected."""
    # The source lists this row twice.
    yield from _leave_company(change, world)


@rule("pd.deal.deleted/tc2.cligency/exists")
def clear_cligency(change: DealChange, world: World) -> Iterator[Action]:
    """If the Company has a tc2_cligency_id: set pipedrive_deal_stage and pipedrive_pipeline to null."""
    # Null when no other open Deal of the Company is left; otherwise they show that Deal (the row's note).
    company = _company_of_gone(change, world)
    if company is not None and company.tc2_cligency_id is not None:
        yield Tell(RemoteKind.CLIENT, company.id)


@rule("pd.deal.deleted/tc2.cligency/missing")
def no_cligency_to_clear(change: DealChange, world: World) -> Iterator[Action]:
    """If the Company has no tc2_cligency_id: do nothing."""
    company = _company_of_gone(change, world)
    if company is None or company.tc2_cligency_id is None:
        yield Nothing("the Company has no cligency")


def _deal_id(change: DealChange, world: World) -> int | None:
    """Return the id of the Deal that exists, or that `create_deal` creates; None where neither is so."""
    deal = matching.deal_of_pd_deal(change.now, world).found
    if deal is not None:
        return deal.id
    creates = change.may_create and world.companies.one("org", change.now.org_id) is not None
    return world.next_id(Kind.DEAL) if creates else None


def _pipeline(change: DealChange, world: World) -> dict[str, object]:
    pipeline = world.pipelines.one("pd_pipeline", change.now.pipeline_id)
    return {"pipeline_id": None if pipeline is None else pipeline.id}


def _company_after(change: DealChange, world: World) -> Company | None:
    """Return the Company that the Deal belongs to after this change."""
    company = world.companies.one("org", change.now.org_id)
    deal = matching.deal_of_pd_deal(change.now, world).found
    return world.companies.get(deal.company_id) if company is None and deal is not None else company


def _company_of_gone(change: DealChange, world: World) -> Company | None:
    deal = world.deals.one("pd_deal", change.ref.id)
    return None if deal is None else world.companies.get(deal.company_id)


def _leave_company(change: DealChange, world: World) -> Iterator[Action]:
    if _company_of_gone(change, world) is not None:
        yield Nothing("the Company is not affected")


def _kept(change: DealChange, deal: Deal) -> Notice:
    org_id = change.now.org_id
    lacks = "has no Org any more" if org_id is None else f"names Org {org_id}, whose Company is not in Hermes"
    return Notice(
        code="kept-company",
        message=f"{change.ref} {lacks}: its Deal {deal.id} stays with Company {deal.company_id}",
        refs=(str(change.ref),),
    )


CREATED: Final[Sequence[Rule]] = (
    update_deal,
    no_company,
    create_deal,
    add_contact,
    blank_contact,
    add_stage,
    blank_stage,
    tell_cligency,
    no_cligency,
)
UPDATED: Final[Sequence[Rule]] = CREATED
DELETED: Final[Sequence[Rule]] = (
    delete_deal,
    no_deal,
    leave_company,
    leave_contact,
    blank_deal_of_meetings,
    leave_company_again,
    clear_cligency,
    no_cligency_to_clear,
)
