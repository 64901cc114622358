"""The rows of *Org created, updated, deleted* (actions.md, "Actions inside Pipedrive"), in the table's order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from hermes_sync.core import matching, ownership, translation
from hermes_sync.core.action_table import MERGE_RULE, Rule, rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.changes import OrgChange
from hermes_sync.core.objects import Company, Kind
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.world import World
from hermes_sync.rules import cascade


@rule("pd.org.created/hermes.company/exists", "pd.org.updated/hermes.company/exists")
def update_company(change: OrgChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the pd_org_id and any other details (sales person from the Org's owner, and so on)."""  # noqa: E501  # the table's sentence, whole
    company = matching.company_of_org(change.now, world).found
    if company is None:
        return
    said = translation.of_org(change.now, world.policy)
    yield from said.notices
    linked = replace(company, pd_org_id=change.now.id)  # once linked, Pipedrive owns what is Pipedrive's
    taken = ownership.taken_from(change.ref.kind.system, said.fields, linked)
    yield Update(Kind.COMPANY, company.id, {"pd_org_id": change.now.id, **taken})


@rule("pd.org.created/hermes.company/missing", "pd.org.updated/hermes.company/missing")
def create_company(change: OrgChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it; the Org's owner becomes the sales person."""
    match = matching.company_of_org(change.now, world)
    if match.found is not None:
        return
    if not change.may_create:
        yield Nothing("the Org is unchanged: looking at it again creates nothing")
        return
    if change.is_ours:
        yield Nothing("hermes-sync created the Org, and its Company was deleted since")
        return
    if change.before is not None and not world.policy.recreate_deleted:
        yield Nothing("its Company was deleted, and rules.recreate_deleted is false")
        return
    if match.notice is not None:
        yield match.notice
    said = translation.of_org(change.now, world.policy)
    yield from said.notices
    id_ = world.next_id(Kind.COMPANY)
    yield Create(Company(id=id_, name=change.now.name, pd_org_id=change.now.id, created=change.now.add_time))
    yield Update(Kind.COMPANY, id_, said.fields)


@rule("pd.org.created/tc2.cligency/exists", "pd.org.updated/tc2.cligency/exists")
def tell_cligency(change: OrgChange, world: World) -> Iterator[Action]:
    """If the Company exists in Hermes and has a tc2_cligency_id: update it with the pipedrive_url and pipedrive_id."""
    company = matching.company_of_org(change.now, world).found
    if company is not None and company.tc2_cligency_id is not None:
        yield Tell(RemoteKind.CLIENT, company.id)


@rule("pd.org.created/tc2.cligency/missing", "pd.org.updated/tc2.cligency/missing")
def no_cligency(change: OrgChange, world: World) -> Iterator[Action]:
    """If the Company has no tc2_cligency_id: do nothing."""
    company = matching.company_of_org(change.now, world).found
    if company is None or company.tc2_cligency_id is None:
        yield Nothing("the Company has no cligency")


@rule(MERGE_RULE)
def follow_merge(change: OrgChange, world: World) -> Iterator[Action]:
    """If Orgs or Persons are merged in Pipedrive: follow the merge: nothing that lives on in the winner is lost."""
    loser = world.companies.one("org", change.ref.id)
    winner_org = world.merged_into.get(change.ref)
    if loser is None or winner_org is None:
        return
    winner = world.companies.one("org", winner_org.id)
    if winner is None:
        yield Update(Kind.COMPANY, loser.id, {"pd_org_id": winner_org.id})
        yield Tell(RemoteKind.ORGANIZATION, loser.id)  # the winner's hermes_id is set to the one id that is left
        return
    for kind, shelf in (
        (Kind.CONTACT, world.contacts),
        (Kind.DEAL, world.deals),
        (Kind.MEETING, world.meetings),
    ):
        yield from (Update(kind, one.id, {"company_id": winner.id}) for one in shelf.where("company", loser.id))
    yield from _hand_on_cligency(change, loser, winner)
    yield Delete(Kind.COMPANY, loser.id)
    yield Tell(RemoteKind.ORGANIZATION, winner.id)


@rule("pd.org.deleted/hermes.company/exists")
def delete_company(change: OrgChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    company = _deleted(change, world)
    if company is not None:
        yield Delete(Kind.COMPANY, company.id)


@rule("pd.org.deleted/hermes.company/missing")
def no_company(change: OrgChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    if world.companies.one("org", change.ref.id) is None:
        yield Nothing("no Company has this Org")


@rule("pd.org.deleted/hermes.contact")
def delete_contacts(change: OrgChange, world: World) -> Iterator[Action]:
    """If the Company exists: delete its Contacts."""
    company = _deleted(change, world)
    if company is not None:
        yield from cascade.contacts_of(company, world)


@rule("pd.org.deleted/hermes.deal")
def delete_deals(change: OrgChange, world: World) -> Iterator[Action]:
    """If the Company exists: delete its Deals."""
    company = _deleted(change, world)
    if company is not None:
        yield from cascade.deals_of(company, world)


@rule("pd.org.deleted/hermes.meeting")
def delete_meetings(change: OrgChange, world: World) -> Iterator[Action]:
    """If its Contacts exist: delete their Meetings."""
    company = _deleted(change, world)
    if company is not None:
        # Semantics 4 takes all Meetings of the Company, also one whose Contact is blank.
        yield from (Delete(Kind.MEETING, one.id) for one in world.meetings.where("company", company.id))


@rule("pd.org.deleted/tc2.cligency/exists")
def leave_cligency(change: OrgChange, world: World) -> Iterator[Action]:
    """If it exists: do nothing."""
    company = world.companies.one("org", change.ref.id)
    if company is not None and company.tc2_cligency_id is not None:
        yield Nothing("the cligency stays as it is")


@rule("pd.org.deleted/tc2.cligency/missing")
def no_cligency_to_leave(change: OrgChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    company = world.companies.one("org", change.ref.id)
    if company is None or company.tc2_cligency_id is None:
        yield Nothing("the Company has no cligency")


def _deleted(change: OrgChange, world: World) -> Company | None:
    """Return the Company that goes with its Org; none for one that lives on in the winner of a merge."""
    return None if change.ref in world.merged_into else world.companies.one("org", change.ref.id)


def _hand_on_cligency(change: OrgChange, loser: Company, winner: Company) -> Iterator[Action]:
    if loser.tc2_cligency_id is None:
        return
    if winner.tc2_cligency_id is None:
        handed_on = {name: getattr(loser, name) for name in sorted(ownership.TC2_OWNED)}
        yield Update(Kind.COMPANY, winner.id, {**handed_on, "has_signed_up": True})
        return
    yield Notice(
        code="merged-cligencies",
        message=f"{change.ref} was merged into pipedrive:organization:{winner.pd_org_id}, and both had a cligency: "
        f"Company {winner.id} keeps {winner.tc2_cligency_id}; cligency {loser.tc2_cligency_id} has no Company now",
        refs=(str(change.ref), f"tc2:client:{loser.tc2_cligency_id}"),
    )


CREATED: Final[Sequence[Rule]] = (update_company, create_company, tell_cligency, no_cligency)
UPDATED: Final[Sequence[Rule]] = CREATED
DELETED: Final[Sequence[Rule]] = (
    follow_merge,
    delete_company,
    no_company,
    delete_contacts,
    delete_deals,
    delete_meetings,
    leave_cligency,
    no_cligency_to_leave,
)
