"""The rows of *Sales call booked* and *Support call booked* in Pipedrive, in the table's order.

The next pass folds them over every booking (semantics 7), when the changes of the remotes have had their turn.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from hermes_sync.core import outbound
from hermes_sync.core.action_table import Rule, rule
from hermes_sync.core.actions import Action, Nothing, Tell
from hermes_sync.core.bookings import CallBooked
from hermes_sync.core.objects import Company, Contact
from hermes_sync.core.records import RemoteKind
from hermes_sync.core.world import World


@rule("callbooker.sales/pd.org/missing", "callbooker.support/pd.org/missing")
def create_org(change: CallBooked, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    company = world.companies.get(change.company_id)
    if company is not None and company.pd_org_id is None:
        yield Tell(RemoteKind.ORGANIZATION, company.id)


@rule("callbooker.sales/pd.org/different", "callbooker.support/pd.org/different")
def update_org(change: CallBooked, world: World) -> Iterator[Action]:
    """If it exists and the info is different: update it."""
    company = world.companies.get(change.company_id)
    if company is not None and company.pd_org_id is not None and _org_differs(change, company, world):
        yield Tell(RemoteKind.ORGANIZATION, company.id)


@rule("callbooker.sales/pd.org/same", "callbooker.support/pd.org/same")
def keep_org(change: CallBooked, world: World) -> Iterator[Action]:
    """If it exists and the info is the same: do nothing."""
    company = world.companies.get(change.company_id)
    if company is not None and company.pd_org_id is not None and not _org_differs(change, company, world):
        yield Nothing("the Org says what Hermes says")


@rule("callbooker.sales/pd.person/missing", "callbooker.support/pd.person/missing")
def create_person(change: CallBooked, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    contact = world.contacts.get(change.contact_id)
    if contact is not None and contact.pd_person_id is None:
        yield Tell(RemoteKind.PERSON, contact.id)


@rule("callbooker.sales/pd.person/different", "callbooker.support/pd.person/different")
def update_person(change: CallBooked, world: World) -> Iterator[Action]:
    """If it exists and the info is different: update it."""
    contact = world.contacts.get(change.contact_id)
    if contact is not None and contact.pd_person_id is not None and _person_differs(change, contact, world):
        yield Tell(RemoteKind.PERSON, contact.id)


@rule("callbooker.sales/pd.person/same", "callbooker.support/pd.person/same")
def keep_person(change: CallBooked, world: World) -> Iterator[Action]:
    """If it exists and the info is the same: do nothing."""
    contact = world.contacts.get(change.contact_id)
    if contact is not None and contact.pd_person_id is not None and not _person_differs(change, contact, world):
        yield Nothing("the Person says what Hermes says")


@rule("callbooker.sales/pd.deal/missing")
def create_pd_deal(change: CallBooked, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    deal = world.deals.get(change.deal_id)
    if deal is not None and deal.pd_deal_id is None:
        yield Tell(RemoteKind.DEAL, deal.id)


@rule("callbooker.sales/pd.deal/exists")
def keep_pd_deal(change: CallBooked, world: World) -> Iterator[Action]:
    """If it exists: do nothing."""
    deal = world.deals.get(change.deal_id)
    if deal is not None and deal.pd_deal_id is not None:
        yield Nothing("the Deal is Pipedrive's")


@rule("callbooker.support/pd.deal")
def no_pd_deal(change: CallBooked, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("a support call is no sale")


@rule("callbooker.sales/pd.activity", "callbooker.support/pd.activity")
def create_activity(change: CallBooked, world: World) -> Iterator[Action]:
    """If the Meeting was created in Hermes: create it."""
    meeting = world.meetings.get(change.meeting_id)
    if meeting is not None and meeting.pd_activity_id is None:
        yield Tell(RemoteKind.ACTIVITY, meeting.id)


def _org_differs(change: CallBooked, company: Company, world: World) -> bool:
    """Whether the Org says something else than what hermes-sync may write (semantics 3); unread it says nothing."""
    ours = RemoteKind.ORGANIZATION in change.ours
    return change.org is not None and bool(outbound.org_changes(company, change.org, world.policy, ours=ours))


def _person_differs(change: CallBooked, contact: Contact, world: World) -> bool:
    """Whether the Person lacks something that hermes-sync may write, as of Orgs."""
    ours = RemoteKind.PERSON in change.ours
    return change.person is not None and bool(outbound.person_changes(contact, change.person, world.policy, ours=ours))


SALES: Final[Sequence[Rule]] = (
    create_org,
    update_org,
    keep_org,
    create_person,
    update_person,
    keep_person,
    create_pd_deal,
    keep_pd_deal,
    create_activity,
)
SUPPORT: Final[Sequence[Rule]] = (
    create_org,
    update_org,
    keep_org,
    create_person,
    update_person,
    keep_person,
    no_pd_deal,
    create_activity,
)
