"""The cascade of semantics 4, also where it reaches other Companies.

A deal may name a Person of another Company, and a Meeting a Contact or Deal of another: what goes with its Company is
blanked there as well.
"""

from collections.abc import Iterator

from hermes_sync.core.actions import Action, Delete, Update
from hermes_sync.core.objects import Company, Kind
from hermes_sync.core.world import World


def contacts_of(company: Company, world: World) -> Iterator[Action]:
    """Delete the Contacts of a Company that goes; Deals of other Companies lose them, their Meetings go."""
    for contact in world.contacts.where("company", company.id):
        yield Delete(Kind.CONTACT, contact.id)
        yield from (
            Update(Kind.DEAL, deal.id, {"contact_id": None})
            for deal in world.deals.where("contact", contact.id)
            if deal.company_id != company.id
        )
        yield from (
            Delete(Kind.MEETING, meeting.id)
            for meeting in world.meetings.where("contact", contact.id)
            if meeting.company_id != company.id
        )


def deals_of(company: Company, world: World) -> Iterator[Action]:
    """Delete the Deals of a Company that goes; Meetings of other Companies lose them."""
    for deal in world.deals.where("company", company.id):
        yield Delete(Kind.DEAL, deal.id)
        yield from (
            Update(Kind.MEETING, meeting.id, {"deal_id": None})
            for meeting in world.meetings.where("deal", deal.id)
            if meeting.company_id != company.id
        )
