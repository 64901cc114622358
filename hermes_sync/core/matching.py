"""The ladders of "which object is which" (semantics 2).

A link, once made, is never guessed again: the first rung of each ladder is the link. Two or more candidates on
one rung: none of them is taken and the climb ends there, because a wrong link mixes two customers, while a
duplicate can be merged later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hermes_sync.core.objects import Company, Contact, Deal
from hermes_sync.core.records import Cligency, Notice, Org, PdDeal, Person, Ref, RemoteKind, Sr
from hermes_sync.core.values import email_key, ids_in, name_key
from hermes_sync.core.world import World

T = TypeVar("T", Company, Contact, Deal)


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """What a ladder found: one object, or none, and the notice of an ambiguous rung."""

    found: T | None = None
    notice: Notice | None = None


def company_of_org(org: Org, world: World) -> Match[Company]:
    """Return the Company of an Org: by link, by `hermes_id`, by the cligency's link, by exact name."""
    return world.remember(("org", org.id), lambda: _climb(org, _rungs_of_org(org, world), RemoteKind.ORGANIZATION))


def contact_of_person(person: Person, world: World) -> Match[Contact]:
    """Return the Contact of a Person: by link, by `hermes_id`, then by e-mail or name within its Company."""
    return world.remember(
        ("person", person.id), lambda: _climb(person, _rungs_of_person(person, world), RemoteKind.PERSON)
    )


def deal_of_pd_deal(deal: PdDeal, world: World) -> Match[Deal]:
    """Return the Deal of a deal in Pipedrive: by link or by `hermes_id`."""
    return world.remember(("deal", deal.id), lambda: _climb(deal, _rungs_of_deal(deal, world), RemoteKind.DEAL))


def company_of_cligency(cligency: Cligency, world: World) -> Match[Company]:
    """Return the Company of a cligency: by link, by agency, by its Pipedrive link, by e-mail, by exact name."""
    return world.remember(
        ("client", cligency.id), lambda: _climb(cligency, _rungs_of_cligency(cligency, world), RemoteKind.CLIENT)
    )


def contact_of_sr(sr: Sr, company: Company | None, world: World) -> Match[Contact]:
    """Return the Contact of an SR: by link, then within its Company by e-mail or full name."""
    return _climb(sr, _rungs_of_sr(sr, company, world), RemoteKind.CLIENT)


def _climb(
    record: Org | Person | PdDeal | Cligency | Sr, rungs: Iterable[tuple[str, list[T]]], kind: RemoteKind
) -> Match[T]:
    for by, candidates in rungs:
        if len(candidates) == 1:
            return Match(candidates[0])
        if candidates:
            ref = str(Ref(kind, record.id))
            named = ", ".join(str(candidate.id) for candidate in candidates)
            what = type(candidates[0]).__name__
            return Match(
                notice=Notice(
                    code="ambiguous-match",
                    message=f"{ref} fits {len(candidates)} by {by} ({what} {named}): none of them was taken",
                    refs=(ref,),
                )
            )
    return Match()


def _rungs_of_org(org: Org, world: World) -> Iterable[tuple[str, list[Company]]]:
    yield "link", world.companies.where("org", org.id)
    named = (world.companies.get(id_) for id_ in ids_in(org.hermes_id))
    yield "hermes_id", [one for one in named if one is not None and not world.linked_elsewhere(one, org.id)]
    told = (world.companies.one("cligency", client_id) for client_id in world.clients_naming(org.id))
    yield (
        "the cligency's Pipedrive link",
        [one for one in told if one is not None and not world.linked_elsewhere(one, org.id)],
    )
    yield "name", [one for one in world.companies.where("name", name_key(org.name)) if one.pd_org_id is None]


def _rungs_of_person(person: Person, world: World) -> Iterable[tuple[str, list[Contact]]]:
    yield "link", world.contacts.where("person", person.id)
    named = (world.contacts.get(id_) for id_ in ids_in(person.hermes_id))
    yield "hermes_id", [one for one in named if one is not None and one.pd_person_id is None]
    company = world.companies.one("org", person.org_id)
    if company is None:
        return
    free = [one for one in world.contacts.where("company", company.id) if one.pd_person_id is None]
    emails = {email_key(email.value) for email in person.emails} - {None}
    yield "e-mail", [one for one in free if email_key(one.email) in emails]
    yield "name", [one for one in free if name_key(full_name(one)) == name_key(person.name)]


def _rungs_of_deal(deal: PdDeal, world: World) -> Iterable[tuple[str, list[Deal]]]:
    yield "link", world.deals.where("pd_deal", deal.id)
    named = (world.deals.get(id_) for id_ in ids_in(deal.hermes_id))
    yield "hermes_id", [one for one in named if one is not None and one.pd_deal_id is None]


def _rungs_of_cligency(cligency: Cligency, world: World) -> Iterable[tuple[str, list[Company]]]:
    yield "link", world.companies.where("cligency", cligency.id)
    of_agency = world.companies.where("agency", cligency.agency_id)
    yield "agency", [one for one in of_agency if one.tc2_cligency_id in (None, cligency.id)]
    yield "Pipedrive link", _free_of_cligencies(world.companies.where("org", cligency.linked_org_id), world)
    emails = [sr.email for sr in cligency.recipients] + [cligency.email]
    contacts = (one for email in emails for one in world.contacts.where("email", email_key(email)))
    reached = (world.companies.get(company_id) for company_id in sorted({one.company_id for one in contacts}))
    yield "e-mail", _free_of_cligencies((one for one in reached if one is not None), world)
    yield "name", _free_of_cligencies(world.companies.where("name", name_key(cligency.name)), world)


def _free_of_cligencies(companies: Iterable[Company], world: World) -> list[Company]:
    """Return those that have no cligency and stay: one that goes with its Org would take a new customer along."""
    return [one for one in companies if one.tc2_cligency_id is None and not world.goes_with_its_org(one)]


def _rungs_of_sr(sr: Sr, company: Company | None, world: World) -> Iterable[tuple[str, list[Contact]]]:
    # The link counts wherever the Contact is: Pipedrive may have moved it to another Company.
    yield "link", world.contacts.where("sr", sr.id)
    if company is None:
        return
    free = [one for one in world.contacts.where("company", company.id) if one.tc2_sr_id is None]
    if sr.email:
        yield "e-mail", [one for one in free if email_key(one.email) == email_key(sr.email)]
    name = name_key(full_name(sr))
    yield "name", [one for one in free if name is not None and name_key(full_name(one)) == name]


def full_name(one: Contact | Sr) -> str:
    """Return first and last name, with a space between where both are known."""
    return " ".join(part for part in (one.first_name, one.last_name) if part)
