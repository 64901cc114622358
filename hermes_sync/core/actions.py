"""The closed set of what a row of the action table may ask for. Values only: `plan` carries them out in memory.

`Create`, `Update` and `Delete` speak of Hermes objects, `Tell` of a remote object that should say what Hermes
says, `Nothing` of a row that applies and asks for nothing, `Notice` (from `records`) of something worth knowing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hermes_sync.core.objects import HermesObject, Kind
from hermes_sync.core.records import Notice, RemoteKind


@dataclass(frozen=True, slots=True)
class Create:
    """A Hermes object that should exist; its id is the world's next one of that kind."""

    thing: HermesObject


@dataclass(frozen=True, slots=True)
class Update:
    """Fields of a Hermes object as they should be; equal ones are no change.

    Several rows may speak of one object, and of one that another row of the same change creates.
    """

    kind: Kind
    id: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Delete:
    """A Hermes object that should no longer exist."""

    kind: Kind
    id: int


@dataclass(frozen=True, slots=True)
class Tell:
    """The remote object of a Hermes object should say what Hermes says.

    `id` is the Hermes id: of the Company for `client` and `organization`, of the Contact for `person`, of the Deal for
    `deal`, of the Meeting for `activity`.
    """

    kind: RemoteKind
    id: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """A row that applies and does nothing, with the reason; so that no row deciding is noticed."""

    reason: str


Action = Create | Update | Delete | Tell | Nothing | Notice
