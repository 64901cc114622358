"""What the killed passes are about: a world that is in step, and then what happened in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.cycle.bookings import book
from tests.cycle.rig import Rig

MARY: Final = {"id": 51, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}


@dataclass(frozen=True)
class Scenario:
    """A world in step (`base`), what people did then (`happens`), and how the pass after it is run."""

    name: str
    base: Callable[[Rig], None]
    happens: Callable[[Rig], None]
    full: bool = False

    def __str__(self) -> str:
        return self.name


def nothing(rig: Rig) -> None:
    """Leave the twins empty."""


def two_companies(rig: Rig) -> None:
    """Make two Orgs with a Person and a Deal each; a cligency is linked to the first."""
    for name, owner in (("Acme", 99), ("Beacon", 98)):
        org = rig.pd.create("organization", name=name, owner_id=owner, country="United Kingdom")
        mail = f"mary@{name.lower()}.example.com"
        person = rig.pd.create("person", name=f"Mary {name}", org_id=org, emails=[mail])
        rig.pd.create("deal", title=name, org_id=org, person_id=person, pipeline_id=1, stage_id=1)
    agency = {"id": 900, "name": "Acme", "status": "trial"}
    people: dict[str, Any] = {"first_name": "Mary", "last_name": "Acme", "email": "mary@acme.example.com"}
    rig.tc2.create_client(
        agency=agency, recipients=[{"id": 50, **people}], extra_attrs={"pipedrive_id": "1"}, sales_person=30, **people
    )


def edits_everywhere(rig: Rig) -> None:
    """Move and rename in Pipedrive, add a Person, and change the agency in TC2."""
    rig.pd.edit("deal", 1, stage_id=2)
    rig.pd.edit("organization", 1, name="Acme Ltd")
    rig.pd.create("person", name="John Acme", org_id=1)
    rig.tc2.edit_client(1, agency={"status": "active", "paid_invoice_count": 3})


def an_org_goes(rig: Rig) -> None:
    """Delete an Org in Pipedrive."""
    rig.pd.delete("organization", 2)


def an_org_is_merged(rig: Rig) -> None:
    """Merge the Org that a cligency is linked to into the other one, which gets its Person, its Deal and its id."""
    rig.pd.merge("organization", 1, 2)


def a_stage_is_renamed(rig: Rig) -> None:
    """Rename the Stage that a cligency shows."""
    rig.pd.edit("stage", 1, name="Fresh")


def a_cligency_signs_up(rig: Rig) -> None:
    """Create a cligency that Pipedrive knows nothing of; the search of Pipedrive learns late of what is created."""
    rig.pd.search_lag = 5
    agency = {"id": 901, "name": "Cedar", "status": "trial", "price_plan": "1-payg"}
    rig.tc2.create_client(agency=agency, recipients=[MARY], sales_person=30, first_name="Mary", last_name="Booth")


def a_stranger_books_a_call(rig: Rig) -> None:
    """Book a sales call for somebody whom Pipedrive knows nothing of; its search learns late of what is created."""
    rig.pd.search_lag = 5
    book(rig, company_name="Cedar", email="mary@cedar.example.com", phone="020 7946 3333")


FIRST_IMPORT: Final = Scenario("first import with a linked cligency", nothing, two_companies)
UPDATE: Final = Scenario("an update that pushes to both remotes", two_companies, edits_everywhere)
DELETION: Final = Scenario("a deletion by a full pass", two_companies, an_org_goes, full=True)
MERGE: Final = Scenario("a merge of two Orgs by a full pass", two_companies, an_org_is_merged, full=True)
RENAME: Final = Scenario("a renamed stage", two_companies, a_stage_is_renamed)
SIGN_UP: Final = Scenario("a new cligency creates in Pipedrive", two_companies, a_cligency_signs_up)
BOOKING: Final = Scenario("a booking creates in Pipedrive", two_companies, a_stranger_books_a_call)

ALL: Final = (FIRST_IMPORT, UPDATE, DELETION, MERGE, RENAME, SIGN_UP, BOOKING)
ON_POSTGRESQL: Final = RENAME
"""The one that is played on both databases."""
