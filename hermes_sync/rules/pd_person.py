"""The rows of *Person created, updated, deleted* (actions.md, "Actions inside Pipedrive"), in the table's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from hermes_sync.core import matching, ownership, translation
from hermes_sync.core.action_table import MERGE_RULE, Rule, rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.changes import PersonChange
from hermes_sync.core.objects import Company, Contact, Kind
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.values import is_nothing, same
from hermes_sync.core.world import World


@rule("pd.person.created/hermes.contact/exists")
def link_contact(change: PersonChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the pd_person_id and any other details."""
    yield from _update(change, world)


@rule("pd.person.created/hermes.contact/missing-with-org")
def create_contact(change: PersonChange, world: World) -> Iterator[Action]:
    """If it doesn't exist and an Org is included in the data: create it."""
    person = change.now
    match = matching.contact_of_person(person, world)
    if match.found is not None or person.org_id is None:
        return
    company = world.companies.one("org", person.org_id)
    if company is None:
        yield Nothing("the Company of its Org is not in Hermes")
        return
    if not change.may_create:
        yield Nothing("the Person is unchanged: looking at it again creates nothing")
        return
    if match.notice is not None:
        yield match.notice
    said = translation.of_person(person)
    id_ = world.next_id(Kind.CONTACT)
    yield Create(Contact(id=id_, company_id=company.id, pd_person_id=person.id, created=person.add_time))
    yield Update(Kind.CONTACT, id_, said.fields)


@rule("pd.person.created/hermes.contact/missing-without-org")
def ignore_new_person(change: PersonChange, world: World) -> Iterator[Action]:
    """If it doesn't exist and no Org is included in the data: ignore it."""
    yield from _ignore(change, world)


@rule("pd.person.created/tc2.cligency")
def leave_cligency_of_new(change: PersonChange, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("a Person says nothing to a cligency")


@rule("pd.person.updated/hermes.contact/exists")
def update_contact(change: PersonChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the relevant details."""
    yield from _update(change, world)


@rule("pd.person.updated/hermes.contact/missing-without-org")
def ignore_person(change: PersonChange, world: World) -> Iterator[Action]:
    """If it doesn't exist and no Org is included in the data: ignore it."""
    yield from _ignore(change, world)


@rule("pd.person.updated/tc2.cligency")
def leave_cligency_of_known(change: PersonChange, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("a Person says nothing to a cligency")


@rule(MERGE_RULE)
def follow_merge(change: PersonChange, world: World) -> Iterator[Action]:
    """If Orgs or Persons are merged in Pipedrive: follow the merge: nothing that lives on in the winner is lost."""
    loser = world.contacts.one("person", change.ref.id)
    winner_person = world.merged_into.get(change.ref)
    if loser is None or winner_person is None:
        return
    winner = world.contacts.one("person", winner_person.id)
    if winner is None:
        yield Update(Kind.CONTACT, loser.id, {"pd_person_id": winner_person.id})
        yield Tell(RemoteKind.PERSON, loser.id)  # the winner's hermes_id is set to the one id that is left
        return
    yield from (Update(Kind.DEAL, one.id, {"contact_id": winner.id}) for one in world.deals.where("contact", loser.id))
    for meeting in world.meetings.where("contact", loser.id):
        yield Update(Kind.MEETING, meeting.id, {"contact_id": winner.id, "company_id": winner.company_id})
    if loser.tc2_sr_id is not None and winner.tc2_sr_id is None:
        yield Update(Kind.CONTACT, winner.id, {"tc2_sr_id": loser.tc2_sr_id})
    yield Delete(Kind.CONTACT, loser.id)
    yield Tell(RemoteKind.PERSON, winner.id)


@rule("pd.person.deleted/hermes.contact/exists")
def delete_contact(change: PersonChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    contact = world.contacts.one("person", change.ref.id)
    if contact is None or change.ref in world.merged_into:
        return
    yield Delete(Kind.CONTACT, contact.id)
    # The cascade of semantics 4: the Contact is blanked on Deals, its Meetings go.
    yield from (Update(Kind.DEAL, deal.id, {"contact_id": None}) for deal in world.deals.where("contact", contact.id))
    yield from (Delete(Kind.MEETING, one.id) for one in world.meetings.where("contact", contact.id))


@rule("pd.person.deleted/hermes.contact/missing")
def no_contact(change: PersonChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    if world.contacts.one("person", change.ref.id) is None:
        yield Nothing("no Contact has this Person")


@rule("pd.person.deleted/tc2.cligency")
def leave_cligency_of_gone(change: PersonChange, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("a Person says nothing to a cligency")


def _update(change: PersonChange, world: World) -> Iterator[Action]:
    contact = matching.contact_of_person(change.now, world).found
    if contact is None:
        return
    linked = replace(contact, pd_person_id=change.now.id)  # once linked, Pipedrive owns what is Pipedrive's
    stated = _stated(change, contact)
    taken = ownership.taken_from(change.ref.kind.system, stated, linked)
    company, notice = _company_of(change, contact, world)
    if notice is not None:
        yield notice
    moved = {} if company is None else {"company_id": company.id}
    yield Update(Kind.CONTACT, contact.id, {"pd_person_id": change.now.id, **moved, **taken})
    # Its Meetings go where it goes: left behind, they would be deleted with the Company that it left.
    yield from (Update(Kind.MEETING, one.id, moved) for one in world.meetings.where("contact", contact.id) if moved)


def _stated(change: PersonChange, contact: Contact) -> Mapping[str, object]:
    """Return what a Person says of its Contact.

    What the Person never said is no clearing: the cligency may have filled that blank, and clearing it whenever the
    Person is looked at would have the two take turns for ever.
    """
    said = dict(translation.of_person(change.now).fields)
    if _is_last_name_alone(said, contact):
        del said["first_name"], said["last_name"]
    if contact.tc2_sr_id is None:
        return said
    earlier = {} if change.before is None else translation.of_person(change.before).fields
    return {name: value for name, value in said.items() if not (is_nothing(value) and is_nothing(earlier.get(name)))}


def _is_last_name_alone(said: Mapping[str, object], contact: Contact) -> bool:
    """Whether a Person says no more than the last name of a Contact without a first one.

    TC2 asks for last names only, and a Person has one text: Pipedrive takes one word for a first name.
    """
    is_one_word = is_nothing(said["last_name"]) and is_nothing(contact.first_name)
    return is_one_word and not is_nothing(contact.last_name) and same(said["first_name"], contact.last_name)


def _company_of(change: PersonChange, contact: Contact, world: World) -> tuple[Company | None, Notice | None]:
    """Return the Company that a known Person's Org leads to; without one it stays where it is (semantics 1)."""
    org_id = change.now.org_id
    company = world.companies.one("org", org_id)
    if company is not None:
        return company, None
    lacks = "has no Org any more" if org_id is None else f"names Org {org_id}, whose Company is not in Hermes"
    return None, Notice(
        code="kept-company",
        message=f"{change.ref} {lacks}: its Contact {contact.id} stays with Company {contact.company_id}",
        refs=(str(change.ref),),
    )


def _ignore(change: PersonChange, world: World) -> Iterator[Action]:
    if change.now.org_id is None and matching.contact_of_person(change.now, world).found is None:
        yield Nothing("the Person has no Org")


CREATED: Final[Sequence[Rule]] = (link_contact, create_contact, ignore_new_person, leave_cligency_of_new)
UPDATED: Final[Sequence[Rule]] = (update_contact, ignore_person, leave_cligency_of_known)
DELETED: Final[Sequence[Rule]] = (follow_merge, delete_contact, no_contact, leave_cligency_of_gone)
