"""What TC2's API is asked, as values (facts 9)."""

from collections.abc import Mapping
from typing import Final

from hermes_sync.remotes.exchange import Call

CLIENTS: Final = "/api/clients/"
PAGE: Final = 100
"""Clients a page."""


def page(number: int) -> Call:
    """Build the call for one page of the client list, newest first; a page past the end is a 404."""
    return Call(method="GET", path=CLIENTS, query={"page": str(number)}, names_object=number > 1)


def one(id_: int) -> Call:
    """Build the call for one client with all its details."""
    return Call(method="GET", path=f"{CLIENTS}{id_}/", names_object=True)


def change(id_: int, attributes: Mapping[str, object]) -> Call:
    """Build the call that writes some extra attributes; what is not named stays as it is (roles v2, facts 9)."""
    return Call(method="POST", path=f"{CLIENTS}{id_}/", body={"extra_attrs": attributes}, names_object=True)
