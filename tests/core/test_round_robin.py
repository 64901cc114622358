"""Whose turn it is, for sales by plan and region, and for support."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes_sync.core.objects import Admin
from hermes_sync.core.round_robin import next_sales_admin, next_support_admin, region_of


def admin(id_: int, *, sells: tuple[str, ...] = ("payg",), regions: tuple[str, ...] = ("GB",), **more: bool) -> Admin:
    """Return a sales person."""
    roles = {"is_sales_person": True, **more}
    return Admin(
        id=id_,
        first_name="Ada",
        last_name="Byron",
        email=f"ada{id_}@example.com",
        sells=sells,
        regions=regions,
        **roles,
    )


def sales(*admins: Admin, plan: str = "payg", country: str | None = "GB", after: int | None = None) -> int | None:
    """Return the id of the next sales person."""
    found = next_sales_admin(admins, plan, country, after)
    return None if found is None else found.id


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("GB", "GB"),
        ("gb", "GB"),
        (" us ", "US"),
        ("AU", "AU"),
        ("CA", "CA"),
        ("FR", "EU"),
        ("DE", "EU"),
        ("IE", "EU"),
        ("CH", "EU"),
        ("NO", "EU"),
        ("CY", "EU"),
        ("EU", "EU"),
        ("EL", "EU"),
        ("UK", "GB"),
        ("NZ", "ROW"),
        ("IN", "ROW"),
        ("BR", "ROW"),
        ("XX", "ROW"),
        ("nowhere", "ROW"),
        ("", "GB"),
        ("  ", "GB"),
        (None, "GB"),
    ],
)
def test_every_country_is_in_one_region(code: str | None, region: str) -> None:
    """Four countries are regions of their own, Europe is one, the rest is one, and no country means GB."""
    assert region_of(code) == region


def test_the_turn_goes_round_by_id() -> None:
    """The next by id follows, after the last the first, in whatever order the config has them."""
    team = (admin(7), admin(2), admin(5))

    assert [sales(*team, after=after) for after in (2, 5, 7)] == [5, 7, 2]


def test_the_first_begins() -> None:
    """While no Company of the plan has a sales person, it is the turn of the lowest id."""
    assert sales(admin(7), admin(2)) == 2


def test_one_who_left_still_tells_who_is_next() -> None:
    """The turn goes on after an id that nobody has any more."""
    assert sales(admin(2), admin(7), after=5) == 7
    assert sales(admin(2), admin(7), after=9) == 2


def test_only_who_sells_the_plan_has_a_turn() -> None:
    """Another plan is somebody else's business."""
    team = (admin(1, sells=("payg",)), admin(2, sells=("startup", "enterprise")))

    assert (sales(*team, plan="startup", after=1), sales(*team, plan="payg", after=1)) == (2, 1)


def test_the_region_goes_before_the_turn() -> None:
    """Somebody of the region is taken even when it is another's turn, and Europe is one region."""
    team = (admin(1, regions=("EU",)), admin(2, regions=("GB", "US")), admin(3, regions=("EU", "ROW")))

    assert (sales(*team, country="FR", after=1), sales(*team, country="DE", after=3)) == (3, 1)
    assert (sales(*team, country="US", after=1), sales(*team, country="JP", after=1)) == (2, 3)
    assert sales(*team, country=None, after=3) == 2


def test_without_anybody_in_the_region_all_who_sell_the_plan_have_turns() -> None:
    """A country that nobody looks after is everybody's."""
    team = (admin(1, regions=("GB",)), admin(2, regions=("US",)), admin(3, sells=("startup",), regions=("AU",)))

    assert [sales(*team, country="AU", after=after) for after in (1, 2, None)] == [2, 1, 1]


def test_nobody_sells_what_nobody_sells() -> None:
    """Without a seller there is no next, and who is no sales person sells nothing."""
    assert sales() is None
    assert sales(admin(1), plan="unheard-of") is None
    assert sales(admin(1, is_sales_person=False)) is None


def test_support_goes_round_among_support_persons() -> None:
    """Plans and regions do not matter for support."""
    team = (
        admin(1, is_support_person=True),
        admin(2),
        admin(3, sells=(), regions=(), is_sales_person=False, is_support_person=True),
    )
    turns = [next_support_admin(team, after) for after in (None, 1, 2, 3)]

    assert [one.id for one in turns if one] == [1, 3, 3, 1]
    assert next_support_admin((admin(2),), 1) is None


@given(st.sets(st.integers(1, 1000), min_size=1, max_size=20))
def test_everybody_has_one_turn_a_round(ids: set[int]) -> None:
    """As many turns as admins reach every one of them once."""
    team = [admin(id_) for id_ in ids]
    after: int | None = None
    turns = []
    for _ in ids:
        after = sales(*team, after=after)
        turns.append(after)

    assert turns == sorted(ids)
    assert sales(*team, after=after) == min(ids)
