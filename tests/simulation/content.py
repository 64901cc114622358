"""What a remote object says, as semantics 1 compares it: one form for all spellings of one thing.

It shares no code with what it judges.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from tests.simulation import pools
from tests.simulation.engine import SimulatedRig

Content: TypeAlias = Mapping[str, Any]

_UNREAD: Final = ("update_time", "url")


def content_of(rig: SimulatedRig, ref: str) -> Content | None:
    """Return what a remote object says, but for its update time; None when it does not live."""
    _, kind, text = ref.split(":")
    id_ = int(text)
    if kind == "client":
        return None if rig.tc2.state.client(id_) is None else _normal(_spelt_alike(rig.tc2.get_client(id_)))
    if not rig.pd.exists(kind, id_):
        return None
    row = {name: value for name, value in rig.pd.get(kind, id_).items() if name not in _UNREAD}
    if row.get("address"):
        row["address"] = pools.COUNTRIES[row["address"]["value"]]
    return _normal(row)


def _spelt_alike(client: dict[str, Any]) -> dict[str, Any]:
    """Return a client with its country as a code, its plan by name, and whether it is a NARC, said or not.

    An extra attribute without a value says what one says that is not there.
    """
    client = client | {"extra_attrs": [one for one in client["extra_attrs"] if one["value"] is not None]}
    agency = client.get("meta_agency")
    if agency is None:
        return client
    said = {
        "country": pools.COUNTRIES[agency["country"]],
        "price_plan": pools.PLANS[agency["price_plan"]],
        "narc": bool(agency["narc"]),
    }
    return client | {"meta_agency": agency | said}


def _normal(value: Any) -> Any:
    """Leave out the spellings of nothing, and what does not count in a text; e-mails are compared without case."""
    match value:
        case dict():
            said = {name: _normal(one) for name, one in value.items()}
            return {name: one for name, one in said.items() if one is not None} or None
        case list() | tuple():
            return [_normal(one) for one in value] or None
        case str():
            stripped = value.strip()
            return (stripped.lower() if "@" in stripped else stripped) or None
        case _:
            return value
