"""What people and TC2's own jobs do in TC2, one thing at a time."""

from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeAlias

from hermes_sync.sandbox import Tc2Twin
from tests.simulation import pools
from tests.simulation.addresses import PIPEDRIVE_URL

Deed: TypeAlias = Callable[[Tc2Twin, Random, list[int]], str | None]
"""Does one thing, given the ids of all Orgs, and says what; None when there is nothing to do it to."""


def create_client(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str:
    """Create a client, mostly a cligency, some with a link to an Org."""
    agency = pools.agency_fields(dice) if dice.random() < 0.93 else None
    fields: dict[str, Any] = {
        "recipients": [pools.recipient(dice) for _ in range(dice.choice((0, 1, 1, 2)))],
        "first_name": dice.choice(pools.FIRST_NAMES),
        "last_name": dice.choice(pools.LAST_NAMES),
        "email": dice.choice((*pools.EMAILS, None)),
        "phone": dice.choice((*pools.PHONES, None)),
        **pools.client_people(dice),
    }
    if orgs and dice.random() < 0.3:
        fields["extra_attrs"] = _link(dice, orgs)
    client = twin.create_client(agency, **fields)
    return f"create client {client} {agency} {fields}"


def edit_agency(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str | None:
    """Change an agency, or take it away from a client, or give it one."""
    client = _pick(twin, dice)
    if client is None:
        return None
    agency = None if dice.random() < 0.03 else pools.agency_fields(dice)
    twin.edit_client(client, agency=agency)
    return f"edit client {client} agency {agency}"


def edit_people(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str | None:
    """Change who looks after a client, or how the client is reached."""
    client = _pick(twin, dice)
    if client is None:
        return None
    fields = dice.choice(
        (
            pools.client_people(dice),
            {"email": dice.choice((*pools.EMAILS, None))},
            {"phone": dice.choice((*pools.PHONES, None))},
        )
    )
    twin.edit_client(client, **fields)
    return f"edit client {client} {fields}"


def edit_recipients(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str | None:
    """Add, change, remove or reorder the SRs of a client, or move one to another client."""
    client = _pick(twin, dice)
    if client is None:
        return None
    rows = [dict(row) for row in twin.state.clients[client].recipients]
    chance = dice.random()
    if not rows or chance < 0.35:
        rows.append(pools.recipient(dice))
    elif chance < 0.6:
        rows[dice.randrange(len(rows))] |= pools.recipient(dice)
    elif chance < 0.8:
        del rows[dice.randrange(len(rows))]
    elif chance < 0.9:
        rows.reverse()
    else:
        return _move_recipient(twin, dice, client, rows)
    twin.edit_client(client, recipients=rows)
    return f"edit client {client} recipients {rows}"


def _move_recipient(twin: Tc2Twin, dice: Random, client: int, rows: list[dict[str, Any]]) -> str | None:
    other = _pick(twin, dice)
    if other is None or other == client:
        return None
    moved = rows.pop(dice.randrange(len(rows)))
    twin.edit_client(client, recipients=rows)
    twin.edit_client(other, recipients=[*twin.state.clients[other].recipients, moved])
    return f"move recipient {moved['id']} from client {client} to {other}"


def set_link(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str | None:
    """Set or clear the link to an Org, or scribble into what Hermes owns."""
    client = _pick(twin, dice)
    if client is None:
        return None
    attrs: dict[str, str | None]
    attrs = _link(dice, orgs) if orgs and dice.random() < 0.7 else {"pipedrive_deal_stage": "Nonsense"}
    if dice.random() < 0.15:
        attrs = {"pipedrive_id": None, "pipedrive_url": None}
    twin.edit_client(client, extra_attrs=attrs)
    return f"edit client {client} attrs {attrs}"


def delete_client(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str | None:
    """Put a client into the trash."""
    client = _pick(twin, dice)
    if client is None:
        return None
    twin.delete_client(client)
    return f"delete client {client}"


def restore_client(twin: Tc2Twin, dice: Random, orgs: list[int]) -> str | None:
    """Take a client out of the trash."""
    trashed = sorted(id_ for id_, client in twin.state.clients.items() if client.deleted)
    if not trashed:
        return None
    client = dice.choice(trashed)
    twin.restore_client(client)
    return f"restore client {client}"


def _pick(twin: Tc2Twin, dice: Random) -> int | None:
    ids = sorted(client.id for client in twin.state.living())
    return dice.choice(ids) if ids else None


def _link(dice: Random, orgs: list[int]) -> dict[str, str | None]:
    org = dice.choice(orgs)
    name, value = dice.choice((("pipedrive_id", str(org)), ("pipedrive_url", f"{PIPEDRIVE_URL}/organization/{org}/")))
    return {name: value}


DEEDS: Final[tuple[tuple[int, Deed], ...]] = (
    (6, create_client),
    (7, edit_agency),
    (3, edit_people),
    (4, edit_recipients),
    (3, set_link),
    (3, delete_client),
    (2, restore_client),
)
