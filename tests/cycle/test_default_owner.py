"""Whose a Company is when nobody sells to it: Pipedrive has no Org without an owner (decision 35)."""

from dataclasses import replace

import pytest

from hermes_sync.core.bookings import CallType
from tests.cycle.bookings import book
from tests.cycle.rig import Rig

USER_OF_THE_KEY = 99


def unsold(rig: Rig, source: str) -> None:
    """Have a Company without a sales person: of a stranger's support call, or of a cligency that has none."""
    if source == "support call":
        book(rig, CallType.SUPPORT, admin_id=2, company_name="Acme")
    else:
        rig.tc2.create_client({"name": "Acme"}, last_name="Booth")


@pytest.mark.parametrize("source", ["support call", "cligency"])
def test_an_org_of_nobody_belongs_to_the_user_of_the_key(rig: Rig, source: str) -> None:
    """Pipedrive says so; where that user is in the team, the Company has them as sales person as well."""
    rig.settle()
    unsold(rig, source)
    rig.settle()
    (org,) = rig.pd.all("organization")

    assert org["owner_id"] == USER_OF_THE_KEY
    assert rig.one("companies", name="Acme")["sales_person_id"] == 1


@pytest.mark.parametrize("source", ["support call", "cligency"])
def test_a_company_of_nobody_stays_so_where_the_user_of_the_key_is_not_of_the_team(rig: Rig, source: str) -> None:
    """Its owner is no admin of the config, so that it stays without a sales person, also after a full read."""
    team = tuple(replace(one, pd_owner_id=97) if one.pd_owner_id == USER_OF_THE_KEY else one
                 for one in rig.settings.policy.admins)  # fmt: skip
    rig.configure(policy=replace(rig.settings.policy, admins=team))
    rig.settle()
    unsold(rig, source)
    rig.settle()
    rig.reconcile(full=True)
    (org,) = rig.pd.all("organization")

    assert org["owner_id"] == USER_OF_THE_KEY
    assert rig.one("companies", name="Acme")["sales_person_id"] is None
    rig.pd.edit("organization", org["id"], owner_id=98)
    rig.settle()
    assert rig.one("companies", name="Acme")["sales_person_id"] == 2
