"""What people do in Pipedrive's own pages, one thing at a time."""

from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeAlias

from hermes_sync.sandbox import PipedriveTwin
from tests.simulation import pools

Fields: TypeAlias = dict[str, Any]
Deed: TypeAlias = Callable[[PipedriveTwin, Random], str | None]
"""Does one thing and says what; None when there is nothing to do it to."""


def pick(twin: PipedriveTwin, kind: str, dice: Random, *, deleted: bool = False) -> int | None:
    """Return one of the living (or deleted) records of a kind."""
    rows = sorted(twin.state.tables[kind].rows.items())
    ids = [id_ for id_, row in rows if row["is_deleted"] == deleted]
    return dice.choice(ids) if ids else None


def create_org(twin: PipedriveTwin, dice: Random) -> str:
    """Create an Org, mostly with an owner and a country."""
    fields = {"name": dice.choice(pools.COMPANY_NAMES), "owner_id": dice.choice(pools.OWNERS)} | pools.org_fields(dice)
    return f"create organization {twin.create('organization', **fields)} {fields}"


def edit_org(twin: PipedriveTwin, dice: Random) -> str | None:
    """Change an Org."""
    return _edit(twin, "organization", dice, pools.org_fields(dice))


def clear_org(twin: PipedriveTwin, dice: Random) -> str | None:
    """Empty a field of an Org, or make its name a blank that no reading can use."""
    fields: Fields = dice.choice(
        ({"country": None}, {"owner_id": None}, {"custom": {"website": None}}, {"custom": {"tc2_status": ""}})
    )
    return _edit(twin, "organization", dice, {"name": "  "} if dice.random() < 0.1 else fields)


def name_blank_org(twin: PipedriveTwin, hermes_id: int) -> None:
    """Name the Org of a Company that a blank name keeps from being read, as a notice asks people to."""
    for row in twin.all("organization"):
        if not row["name"].strip() and twin.custom("organization", row["id"])["hermes_id"] == str(hermes_id):
            twin.edit("organization", row["id"], name="Corrected")


def copy_hermes_id(twin: PipedriveTwin, dice: Random) -> str | None:
    """Duplicate a record by hand: its `hermes_id` comes along."""
    kind = dice.choice(("organization", "person", "deal"))
    source, target = pick(twin, kind, dice), pick(twin, kind, dice)
    if source is None or target is None or source == target:
        return None
    copied = twin.custom(kind, source)["hermes_id"]
    return None if copied is None else _edit_one(twin, kind, target, {"custom": {"hermes_id": copied}})


def wipe_hermes_id(twin: PipedriveTwin, dice: Random) -> str | None:
    """Clear a `hermes_id`."""
    return _edit(twin, dice.choice(("organization", "person", "deal")), dice, {"custom": {"hermes_id": None}})


def create_person(twin: PipedriveTwin, dice: Random) -> str:
    """Create a Person, mostly with an Org."""
    org = pick(twin, "organization", dice) if dice.random() < 0.85 else None
    fields = {"name": pools.person_name(dice), "org_id": org} | pools.person_fields(dice)
    return f"create person {twin.create('person', **fields)} {fields}"


def edit_person(twin: PipedriveTwin, dice: Random) -> str | None:
    """Change a Person."""
    return _edit(twin, "person", dice, pools.person_fields(dice))


def move_person(twin: PipedriveTwin, dice: Random) -> str | None:
    """Put a Person under another Org, or under none."""
    org = pick(twin, "organization", dice) if dice.random() < 0.8 else None
    return _edit(twin, "person", dice, {"org_id": org})


def create_deal(twin: PipedriveTwin, dice: Random) -> str:
    """Create a deal, mostly with an Org."""
    org = pick(twin, "organization", dice) if dice.random() < 0.9 else None
    fields: Fields = {
        "title": dice.choice(pools.TITLES),
        "owner_id": dice.choice(pools.OWNERS),
        "org_id": org,
        "person_id": pick(twin, "person", dice) if dice.random() < 0.6 else None,
        "stage_id": pick(twin, "stage", dice),
    }
    return f"create deal {twin.create('deal', **fields)} {fields}"


def edit_deal(twin: PipedriveTwin, dice: Random) -> str | None:
    """Change what a deal says or where it stands."""
    fields: Fields = dice.choice(
        (
            {"title": dice.choice(pools.TITLES)},
            {"stage_id": pick(twin, "stage", dice)},
            {"status": dice.choice(("open", "won", "lost"))},
            {"owner_id": dice.choice(pools.OWNERS)},
            {"person_id": pick(twin, "person", dice) if dice.random() < 0.7 else None},
        )
    )
    return _edit(twin, "deal", dice, fields)


def move_deal(twin: PipedriveTwin, dice: Random) -> str | None:
    """Put a deal under another Org, or under none."""
    org = pick(twin, "organization", dice) if dice.random() < 0.85 else None
    return _edit(twin, "deal", dice, {"org_id": org})


def archive_deal(twin: PipedriveTwin, dice: Random) -> str | None:
    """Archive a deal, or bring an archived one back."""
    deal = pick(twin, "deal", dice)
    if deal is None:
        return None
    return _edit_one(twin, "deal", deal, {"is_archived": not twin.get("deal", deal)["is_archived"]})


def delete(twin: PipedriveTwin, dice: Random) -> str | None:
    """Delete an Org, a Person or a deal; a few are gone for good at once."""
    kind = dice.choice(("organization", "person", "deal"))
    row = pick(twin, kind, dice)
    if row is None:
        return None
    if dice.random() < 0.1:
        twin.purge(kind, row)
        return f"purge {kind} {row}"
    twin.delete(kind, row)
    return f"delete {kind} {row}"


def restore(twin: PipedriveTwin, dice: Random) -> str | None:
    """Bring a deleted record back."""
    kind = dice.choice(("organization", "person", "deal", "stage", "pipeline"))
    row = pick(twin, kind, dice, deleted=True)
    if row is None:
        return None
    twin.restore(kind, row)
    return f"restore {kind} {row}"


def touch(twin: PipedriveTwin, dice: Random) -> str | None:
    """Write a note: only the update time moves."""
    kind = dice.choice(("organization", "person", "deal"))
    row = pick(twin, kind, dice)
    if row is None:
        return None
    twin.touch(kind, row)
    return f"touch {kind} {row}"


def change_stages(twin: PipedriveTwin, dice: Random) -> str | None:
    """Create, rename or delete a Stage or a Pipeline."""
    kind = dice.choice(("stage", "stage", "pipeline"))
    row = pick(twin, kind, dice)
    name = dice.choice(("Fresh", "Warm", "Hot", "Contacted"))
    if row is None or dice.random() < 0.3:
        extra = {"pipeline_id": pick(twin, "pipeline", dice)} if kind == "stage" else {}
        return f"create {kind} {twin.create(kind, name=name, **extra)} {name}"
    if dice.random() < 0.7:
        return _edit_one(twin, kind, row, {"name": name})
    twin.delete(kind, row)
    return f"delete {kind} {row}"


def merge(twin: PipedriveTwin, dice: Random) -> str | None:
    """Merge two Orgs or two Persons."""
    kind = dice.choice(("organization", "person"))
    loser, winner = pick(twin, kind, dice), pick(twin, kind, dice)
    if loser is None or winner is None or loser == winner:
        return None
    twin.merge(kind, loser, winner)
    return f"merge {kind} {loser} into {winner}"


def _edit(twin: PipedriveTwin, kind: str, dice: Random, fields: Fields) -> str | None:
    row = pick(twin, kind, dice)
    return None if row is None else _edit_one(twin, kind, row, fields)


def _edit_one(twin: PipedriveTwin, kind: str, row: int, fields: Fields) -> str:
    twin.edit(kind, row, **fields)
    return f"edit {kind} {row} {fields}"


DEEDS: Final[tuple[tuple[int, Deed], ...]] = (
    (6, create_org),
    (9, edit_org),
    (2, clear_org),
    (2, copy_hermes_id),
    (1, wipe_hermes_id),
    (8, create_person),
    (6, edit_person),
    (4, move_person),
    (8, create_deal),
    (7, edit_deal),
    (4, move_deal),
    (2, archive_deal),
    (6, delete),
    (4, restore),
    (1, touch),
    (3, change_stages),
)
MERGE: Final[tuple[int, Deed]] = (4, merge)
