"""The policy's questions, the World's memory, and that the values of core and rules stay as they were made."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from hermes_sync import core, rules
from hermes_sync.core.changes import PHASES
from hermes_sync.core.objects import Admin, Company, Kind
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.core.world import Surroundings, World

ADMINS = tuple(
    Admin(
        id=id_,
        first_name="A",
        last_name="B",
        email=f"{id_}@example.com",
        pd_owner_id=4000 - id_,
        tc2_admin_id=5000 - id_,
    )
    for id_ in (1002, 1001, 1003)
)
POLICY = Policy(admins=ADMINS)

IN_THE_MAKING = {"Segment", "_Saying", "_Wish", "Tally"}
"""What is filled while it is worked out, and is no value yet."""
ACTIONS = {"Create", "Update", "Delete", "Tell", "Nothing"}
BY_POSITION = {"BookingRef", "FieldChange", "Match", "Phase", "Ref", "Rule", "Said", "Span", "Touch", "_Place"}
"""What has few parts in an order that nobody mixes up; its name and they read as a phrase."""


def dataclasses_that_decide() -> list[Any]:
    """Return every dataclass of the core and the rules."""
    modules = [
        importlib.import_module(f"{package.__name__}.{one.name}")
        for package in (core, rules)
        for one in pkgutil.iter_modules(package.__path__)
    ]
    found = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and is_dataclass(thing)
    }
    return sorted(found, key=lambda one: (one.__module__, one.__name__))


@pytest.mark.parametrize("value", dataclasses_that_decide(), ids=lambda one: one.__name__)
def test_a_value_cannot_be_changed(value: Any) -> None:
    """It is frozen, has no room for anything else, and is made by keyword only, but for those that are listed."""
    parameters = value.__dataclass_params__

    assert parameters.frozen == (value.__name__ not in IN_THE_MAKING)
    assert "__slots__" in vars(value)
    by_position = value.__name__ in {*IN_THE_MAKING, *ACTIONS, *BY_POSITION}
    assert {one.kw_only for one in fields(value)} == {not by_position}


@pytest.mark.parametrize("admin", ADMINS, ids=lambda one: str(one.id))
def test_an_admin_is_found_by_each_of_their_ids(admin: Admin) -> None:
    """Whatever the order of the config."""
    assert admin.pd_owner_id is not None
    assert admin.tc2_admin_id is not None
    assert POLICY.admin(read(admin.id)) == admin
    assert POLICY.admin_of_owner(read(admin.pd_owner_id)) == admin
    assert POLICY.admin_of_tc2(read(admin.tc2_admin_id)) == admin
    assert POLICY.pd_owner_of(read(admin.id)) == admin.pd_owner_id


def read(number: int) -> int:
    """Return a number as it comes out of JSON: the same, but not the same object."""
    return int(str(number))


@pytest.mark.parametrize("number", [0, -1, 1000, 1004, 2996, 3000, 3996, 4000, 9999])
def test_nobody_is_found_by_another_id(number: int) -> None:
    """Neither a smaller nor a greater one."""
    assert POLICY.admin(number) is None
    assert POLICY.admin_of_owner(number) is None
    assert POLICY.admin_of_tc2(number) is None
    assert POLICY.pd_owner_of(number) is None


def test_names_of_remote_objects_have_an_order() -> None:
    """By kind, then by number, so that what is listed is listed the same way every time."""
    refs = [Ref(kind, id_) for kind in (RemoteKind.DEAL, RemoteKind.ORGANIZATION) for id_ in (2, 10)]

    assert sorted([*refs[2:], *refs[:2]]) == refs


def test_addresses_have_one_slash_at_the_end_whatever_the_config_has() -> None:
    """As semantics 3 writes them."""
    policy = Policy(pipedrive_base_url="https://acme.pipedrive.com/", tc2_base_url="https://tc2.example.com")

    assert policy.org_url(5) == "https://acme.pipedrive.com/organization/5/"
    assert policy.cligency_url(7) == "https://tc2.example.com/clients/7/"


def test_the_next_id_follows_the_highest_there_ever_was() -> None:
    """Of the counters and of what was put; what is dropped is not used again."""
    world = World(Policy(), Surroundings(objects=[Company(id=4, name="Acme")], next_ids={Kind.COMPANY: 3}))

    assert world.next_id(Kind.COMPANY) == 5
    world.put(Company(id=5, name="Other"))
    world.drop(Kind.COMPANY, 5)
    assert world.next_id(Kind.COMPANY) == 6
    assert world.next_id(Kind.DEAL) == 1
    assert world.next_ids == {kind: 6 if kind is Kind.COMPANY else 1 for kind in Kind}


def test_a_pass_walks_parents_first_and_lets_go_of_children_first() -> None:
    """The order of semantics 1, in full."""
    walked = [(phase.kind.value, phase.gone) for phase in PHASES]
    created = ["pipeline", "stage", "organization", "person", "deal", "client"]
    deleted = ["deal", "person", "client", "organization", "stage", "pipeline"]

    assert walked == [(kind, False) for kind in created] + [(kind, True) for kind in deleted]
