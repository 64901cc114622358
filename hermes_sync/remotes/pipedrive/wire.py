"""Pipedrive's rows made records: tolerant of everything that real accounts hold, and fast."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from pydantic import ValidationError

from hermes_sync.core.records import Notice, Org, PdDeal, PdPipeline, PdStage, Person, Reach, Record, Ref, RemoteKind
from hermes_sync.ports import FieldDefinition, Reading
from hermes_sync.remotes import country
from hermes_sync.remotes.odd import Odd, id_in, put_aside, why_invalid
from hermes_sync.remotes.pipedrive.custom import CustomFields
from hermes_sync.remotes.pipedrive.rows import PAGES, ROWS
from hermes_sync.remotes.stamps import utc_text

NO_FIELDS: Final = CustomFields({}, {})
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one kind. `is_archived` says that they come from the list of archived deals."""

    kind: RemoteKind
    custom: CustomFields = NO_FIELDS
    is_archived: bool = False

    def page(self, rows: object) -> tuple[Reading, ...]:
        """Return what a page holds, in its order; an odd row does not harm the others."""
        try:
            valid = PAGES[self.kind].validate_python(rows)
        except ValidationError:
            assert isinstance(rows, list)
            return tuple(self.row(row) for row in rows)
        build, archived = self._build, self.is_archived
        return tuple(build(row, archived=archived) for row in valid)

    def row(self, row: object) -> Reading:
        """Return what one row says."""
        # What is gone is gone, however odd it was.
        if isinstance(row, dict) and row.get("is_deleted") is True and (id_ := id_in(row)):
            return Reading(ref=Ref(self.kind, id_), is_gone=True)
        try:
            valid = ROWS[self.kind].validate_python(row)
        except ValidationError as error:
            ref = Ref(self.kind, id_in(row))
            return put_aside(ref, why_invalid(error), self._names(row, ref))
        return self._build(valid, archived=self.is_archived)

    def _build(self, row: _Row, *, archived: bool) -> Reading:
        ref = Ref(self.kind, row["id"])
        if row.get("is_deleted") or row.get("status") == "deleted":
            return Reading(ref=ref, is_gone=True, update_time=_stamp_or_none(row.get("update_time")))
        notices: list[Notice] = []
        try:
            record = self._record(row, ref, notices, archived=archived)
        except Odd as odd:
            return put_aside(ref, str(odd), self._names(row, ref))
        return Reading(
            ref=ref,
            record=record,
            update_time=_stamp_or_none(row.get("update_time")),
            notices=tuple(notices),
        )

    def _names(self, row: object, ref: Ref) -> tuple[int, ...] | None:
        return self.custom.names(row.get("custom_fields"), ref) if isinstance(row, dict) else None

    def _record(self, row: _Row, ref: Ref, notices: list[Notice], *, archived: bool) -> Record:
        match self.kind:
            case RemoteKind.ORGANIZATION:
                return _org(row, self.custom.read(row.get("custom_fields"), ref, notices))
            case RemoteKind.PERSON:
                return _person(row, self.custom.read(row.get("custom_fields"), ref, notices))
            case RemoteKind.DEAL:
                return _deal(row, self.custom.read(row.get("custom_fields"), ref, notices), archived=archived)
            case RemoteKind.PIPELINE:
                return PdPipeline(id=row["id"], name=_name(row.get("name"), "name"))
            case RemoteKind.STAGE:
                name = _name(row.get("name"), "name")
                return PdStage(id=row["id"], name=name, pipeline_id=_id(row.get("pipeline_id")))
            case RemoteKind.CLIENT | RemoteKind.ACTIVITY:
                raise AssertionError("a client lives in TC2, and an activity is nobody's record")
            case _:
                assert_never(self.kind)


def _org(row: _Row, custom: Mapping[str, Any]) -> Org:
    return Org(
        id=row["id"],
        name=_name(row.get("name"), "name"),
        owner_id=_id(row.get("owner_id")),
        country=_country(row.get("address")),
        add_time=_stamp(row.get("add_time"), "add_time"),
        **custom,
    )


def _person(row: _Row, custom: Mapping[str, Any]) -> Person:
    return Person(
        id=row["id"],
        name=_name(row.get("name"), "name"),
        first_name=_text(row.get("first_name")),
        last_name=_text(row.get("last_name")),
        owner_id=_id(row.get("owner_id")),
        org_id=_id(row.get("org_id")),
        add_time=_stamp(row.get("add_time"), "add_time"),
        emails=_reaches(row.get("emails")),
        phones=_reaches(row.get("phones")),
        **custom,
    )


def _deal(row: _Row, custom: Mapping[str, Any], *, archived: bool) -> PdDeal:
    return PdDeal(
        id=row["id"],
        title=_name(row.get("title"), "title"),
        owner_id=_id(row.get("owner_id")),
        org_id=_id(row.get("org_id")),
        person_id=_id(row.get("person_id")),
        pipeline_id=_id(row.get("pipeline_id")),
        stage_id=_id(row.get("stage_id")),
        status=row.get("status") or "open",
        archived=archived or bool(row.get("is_archived")),
        **custom,
    )


def _name(value: str | None, field: str) -> str:
    name = value.strip() if value else ""
    if not name:
        raise Odd(f"its {field} is blank")
    return name


def _text(value: str | None) -> str | None:
    return (value.strip() or None) if value else None


def _id(value: object) -> int | None:
    """Return the id of a link in any of its forms: 5, {"value": 5}, {"id": 5}, null, ""."""
    if type(value) is int:
        return value
    if isinstance(value, dict):
        return value.get("value") or value.get("id")
    return None


def _stamp(value: str | None, field: str) -> str | None:
    try:
        return utc_text(value)
    except ValueError as error:
        raise Odd(f"its {field} is no time") from error


def _stamp_or_none(value: str | None) -> str | None:
    """Return `update_time`, which is no part of the record: a broken one harms nothing."""
    try:
        return utc_text(value)
    except ValueError:
        return None


def _country(address: Mapping[str, str | None] | str | None) -> str | None:
    if not address:
        return None
    if isinstance(address, str):
        return country.of_address(None, address)
    return country.of_address(address.get("country"), address.get("value"))


def _reaches(rows: Sequence[Any] | None) -> tuple[Reach, ...]:
    """Return every e-mail or phone as typed; Pipedrive writes "none" also as one entry with an empty value."""
    if not rows:
        return ()
    found = []
    for row in rows:
        if isinstance(row, str):
            value, primary, label = row, False, None
        elif row:
            value, primary, label = row.get("value"), bool(row.get("primary")), row.get("label")
        else:
            continue
        if value and not value.isspace():
            found.append(Reach(value=value, primary=primary, label=label or None))
    return tuple(found)


def definitions(rows: object, wanted: Callable[[str], bool]) -> dict[str, FieldDefinition]:
    """Return field key → definition of the wanted fields on a page of field metadata (facts 7).

    A row that does not even name its key is passed over: it cannot be a field that somebody configured.
    """
    found: dict[str, FieldDefinition] = {}
    for row in rows if isinstance(rows, list) else []:
        key = row.get("field_code") if isinstance(row, dict) else None
        if not isinstance(key, str) or not wanted(key):
            continue
        options = row.get("options") or []
        labels = {str(one["id"]): str(one.get("label", "")) for one in options if isinstance(one, dict) and "id" in one}
        found[key] = FieldDefinition(key=key, type=str(row.get("field_type") or ""), options=labels)
    return found


def hits(found: object) -> list[int]:
    """Return the ids that a search found (facts 4.2)."""
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        return []
    ids = (id_in(item.get("item")) for item in items if isinstance(item, dict))
    return [id_ for id_ in ids if id_]
