"""Whose story is asked for, in the words of people: `company 42` or `pipedrive:organization:10`."""

from typing import Final

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.store import HermesRef, Subject

_REMOTES: Final = ", ".join(f"{kind.system}:{kind}:N" for kind in RemoteKind)
_HIGHEST: Final = 2**63
"""No database numbers its rows as high as this."""


def subject_of(what: str, number: str | None) -> Subject:
    """Return whose story is asked for; raise `ValueError` with a sentence for people."""
    if ":" in what and number is None:
        return _remote(what)
    kinds = {kind.value: kind for kind in Kind}
    if what not in kinds:
        raise ValueError(
            f"{what!r} is no kind of object; give one of {', '.join(kinds)} and its Hermes id, or one of {_REMOTES}"
        )
    if number is None:
        raise ValueError(f"which {what}? Give its Hermes id, as in `explain {what} 42`")
    return HermesRef(kinds[what], _id(number, f"explain {what} 42"))


def _remote(said: str) -> Ref:
    system, _, rest = said.partition(":")
    name, _, number = rest.partition(":")
    kind = next((one for one in RemoteKind if one.value == name), None)
    if kind is None or system != kind.system:
        raise ValueError(f"{said!r} names no remote object; there are {_REMOTES}")
    return Ref(kind, _id(number, f"explain {kind.system}:{kind}:10"))


def _id(said: str, example: str) -> int:
    if said.isascii() and said.isdigit() and 0 < int(said[:20]) < _HIGHEST:
        return int(said)
    raise ValueError(f"{said!r} is no id; write a whole number from 1 up, as in `{example}`")
