"""The shapes of Pipedrive's rows (facts 1.4), as far as hermes-sync reads them; every other key is ignored.

Everything but the id may be missing or null. These are typed dictionaries and not models, because a read of
100,000 objects is in a hurry.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, Required, TypeAlias

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # before Python 3.12 pydantic wants this one

from hermes_sync.core.records import RemoteKind


class Link(TypedDict, total=False):
    """The long form of a link: v1 and some webhooks write `{"value": 5}` or `{"id": 5}` for 5."""

    value: int | None
    id: int | None


LooseId: TypeAlias = int | Link | Literal[""] | None


class ReachRow(TypedDict, total=False):
    """One e-mail address or phone number."""

    value: str | None
    primary: bool | None
    label: str | None


LooseReach: TypeAlias = list[ReachRow | str | None] | None


class AddressRow(TypedDict, total=False):
    """An address; its other parts are not read."""

    value: str | None
    country: str | None


class Row(TypedDict, total=False):
    """What every kind has."""

    id: Required[int]
    is_deleted: bool | None
    update_time: str | None


class PipelineRow(Row, total=False):
    """A pipeline."""

    name: str | None


class StageRow(Row, total=False):
    """A stage."""

    name: str | None
    pipeline_id: LooseId


class OrganizationRow(Row, total=False):
    """An organization; `custom_fields` is null, `{}`, or holds every key of the account (facts 1.5)."""

    name: str | None
    owner_id: LooseId
    address: AddressRow | str | None
    add_time: str | None
    custom_fields: Any


class PersonRow(Row, total=False):
    """A person."""

    name: str | None
    first_name: str | None
    last_name: str | None
    owner_id: LooseId
    org_id: LooseId
    add_time: str | None
    emails: LooseReach
    phones: LooseReach
    custom_fields: Any


class DealRow(Row, total=False):
    """A deal; `status` is deleted for one that was deleted in the last 30 days (facts 2)."""

    title: str | None
    owner_id: LooseId
    org_id: LooseId
    person_id: LooseId
    pipeline_id: LooseId
    stage_id: LooseId
    status: Literal["open", "won", "lost", "deleted"] | None
    is_archived: bool | None
    custom_fields: Any


class ActivityRow(Row, total=False):
    """An activity, as far as it can be told from another; times are UTC, with seconds or without."""

    subject: str | None
    type: str | None
    owner_id: LooseId
    due_date: str | None
    due_time: str | None


ACTIVITY: Final[TypeAdapter[ActivityRow]] = TypeAdapter(ActivityRow)

PAGES: Final[Mapping[RemoteKind, TypeAdapter[Any]]] = {
    RemoteKind.PIPELINE: TypeAdapter(list[PipelineRow]),
    RemoteKind.STAGE: TypeAdapter(list[StageRow]),
    RemoteKind.ORGANIZATION: TypeAdapter(list[OrganizationRow]),
    RemoteKind.PERSON: TypeAdapter(list[PersonRow]),
    RemoteKind.DEAL: TypeAdapter(list[DealRow]),
}
"""Validates a whole page at once; one odd row fails it, and then its rows are validated one by one."""

ROWS: Final[Mapping[RemoteKind, TypeAdapter[Any]]] = {
    RemoteKind.PIPELINE: TypeAdapter(PipelineRow),
    RemoteKind.STAGE: TypeAdapter(StageRow),
    RemoteKind.ORGANIZATION: TypeAdapter(OrganizationRow),
    RemoteKind.PERSON: TypeAdapter(PersonRow),
    RemoteKind.DEAL: TypeAdapter(DealRow),
}
