"""The state of the Pipedrive twin: its records, users, fields, and everything that can happen to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import ControlError, Json
from hermes_sync.sandbox.fields import TEXT_TYPES, CustomField, converted, field_code
from hermes_sync.sandbox.pipedrive_rows import DEFAULTS, WITH_CUSTOM_FIELDS, completed, contact_points
from hermes_sync.sandbox.table import Row, Table

Source = Literal["api", "app"]
API_USER = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a record, as webhooks tell it (facts 6)."""

    kind: str
    action: Literal["create", "change", "delete"]
    id: int
    before: Row | None
    after: Row | None
    source: Source
    merged_to: int | None = None
    merged_from: int | None = None


class PipedriveState:
    """All of one Pipedrive account. Callers hold the twin's lock."""

    def __init__(self, clock: TwinClock, on_event: Callable[[Event], None]) -> None:
        """Start an account without records, users and custom fields."""
        self.clock = clock
        self._on_event = on_event
        self.tables = {kind: Table(kind) for kind in DEFAULTS}
        self.users: dict[int, Row] = {}
        self.fields: dict[str, dict[str, CustomField]] = {kind: {} for kind in WITH_CUSTOM_FIELDS}
        self.webhooks: dict[int, Row] = {}
        self.last_webhook_id = 0
        self.failing_since: dict[int, float] = {}
        self.list_lag = 0.0
        self.search_lag = 0.0
        self.search_keeps_persons = 3600.0

    # Reading

    def find(self, kind: str, row_id: int) -> Row | None:
        """Give a record, soft-deleted ones too, or None when it is gone or never was."""
        return self.tables[kind].find(row_id, self.clock.now())

    def living(self, kind: str, row_id: int) -> Row:
        """Give a record that must be there and not deleted."""
        row = self.find(kind, row_id)
        if row is None or row["is_deleted"]:
            raise ControlError(f"no living {kind} {row_id} in the Pipedrive twin")
        return row

    def rendered(self, kind: str, row: Row, only: list[str] | None = None) -> Row:
        """Give a record as the API shows it: every custom field of the account, null when empty (facts 1.5)."""
        if kind not in WITH_CUSTOM_FIELDS:
            return row
        keys = self.fields[kind]
        values = row["custom_fields"]
        if not keys:
            return {**row, "custom_fields": None}
        shown = keys if only is None else [key for key in only if key in keys]
        return {**row, "custom_fields": {key: values.get(key) for key in shown}}

    # Writing

    def insert(
        self, kind: str, changes: Row, source: Source, *, row_id: int | None = None, stamps: Row | None = None
    ) -> int:
        """Create a record; `stamps` may set add and update time, even to None."""
        table, stamp = self.tables[kind], self.clock.stamp()
        if row_id is not None and row_id in table.rows:
            raise ControlError(f"{kind} {row_id} exists already in the Pipedrive twin")
        new_id = table.take_id(row_id)
        blank = {"id": new_id, **DEFAULTS[kind], "add_time": stamp, "update_time": stamp}
        for key in ("owner_id", "creator_user_id"):
            if key in blank:
                blank[key] = API_USER
        row = completed(kind, blank, self._placed(kind, blank, changes), stamp)
        row.update(stamps or {})
        if "order_nr" in row and "order_nr" not in changes:
            beside = [one for one in table.rows.values() if one.get("pipeline_id") == row.get("pipeline_id")]
            row["order_nr"] = 1 + max((one["order_nr"] for one in beside), default=0)
        table.put(row, self.clock.now())
        self._tell(kind, "create", None, row, source)
        self._bump_linked(kind, row)
        return new_id

    def update(self, kind: str, row_id: int, changes: Row, source: Source, *, stamps: Row | None = None) -> Row:
        """Change a record; equal values bump its update time as well, except on pipelines and stages."""
        table, stamp = self.tables[kind], self.clock.stamp()
        before = table.rows[row_id]
        if "custom_fields" in changes:
            merged = {**before["custom_fields"], **(changes["custom_fields"] or {})}
            kept = {key: value for key, value in merged.items() if value is not None}
            changes = {**changes, "custom_fields": kept}
        row = completed(kind, before, self._placed(kind, before, changes), stamp)
        if kind in ("pipeline", "stage") and row == before and not stamps:
            return before
        row["update_time"] = stamp
        row.update(stamps or {})
        table.put(row, self.clock.now())
        self._tell(kind, "change", before, row, source)
        self._bump_linked(kind, row)
        return row

    def touch(self, kind: str, row_id: int) -> None:
        """Bump a record's update time, as a note does; no webhook tells of it."""
        table = self.tables[kind]
        table.put({**table.rows[row_id], "update_time": self.clock.stamp()}, self.clock.now())

    def delete(self, kind: str, row_id: int, source: Source, *, merged_to: int | None = None) -> None:
        """Delete a record softly: gone from lists, still there by id for 30 days (facts 2)."""
        table, before = self.tables[kind], self.tables[kind].rows[row_id]
        row = {**before, "is_deleted": True, "update_time": self.clock.stamp()}
        if kind == "deal":
            table.status_before[row_id] = before["status"]
            row["status"] = "deleted"
        table.put(row, self.clock.now())
        table.deleted_at[row_id] = self.clock.now()
        self._tell(kind, "delete", before, None, source, merged_to=merged_to)
        self._bump_linked(kind, row)
        if kind == "pipeline":
            for stage in [one for one in self.tables["stage"].rows.values() if one["pipeline_id"] == row_id]:
                if not stage["is_deleted"]:
                    self.delete("stage", stage["id"], source)

    def restore(self, kind: str, row_id: int) -> None:
        """Bring a soft-deleted record back, as people do in the UI."""
        before = self.find(kind, row_id)
        if before is None or not before["is_deleted"]:
            raise ControlError(f"no deleted {kind} {row_id} to restore in the Pipedrive twin")
        table = self.tables[kind]
        row = {**before, "is_deleted": False, "update_time": self.clock.stamp()}
        if kind == "deal":
            row["status"] = table.status_before.pop(row_id, "open")
        table.deleted_at.pop(row_id, None)
        table.put(row, self.clock.now())
        self._tell(kind, "change", before, row, "app")

    def merge(self, kind: str, loser_id: int, winner_id: int, source: Source) -> None:
        """Merge two records: the loser is deleted, its links move, joined texts stay (facts 3)."""
        loser, winner = self.living(kind, loser_id), self.living(kind, winner_id)
        if loser_id == winner_id:
            raise ControlError(f"{kind} {loser_id} cannot be merged with itself")
        row = self._merged(kind, loser, winner)
        row["update_time"] = self.clock.stamp()
        self._move_links(kind, loser_id, winner_id)
        self.delete(kind, loser_id, source, merged_to=winner_id)
        self.tables[kind].put(row, self.clock.now())
        self._tell(kind, "change", winner, row, source, merged_from=loser_id)

    # Fields

    def add_field(
        self, kind: str, name: str, field_type: str, options: list[str] | None = None, code: str | None = None
    ) -> CustomField:
        """Define a custom field; options get ids from 1."""
        code = code or field_code(kind, name)
        labels = dict(enumerate(options or [], start=1))
        field = CustomField(code=code, name=name, type=field_type, options=labels)
        self.fields[kind][code] = field
        return field

    def remove_field(self, kind: str, code: str) -> None:
        """Delete a custom field with all its values."""
        del self.fields[kind][code]
        self._rewrite_values(kind, code, lambda _: None)

    def retype_field(self, kind: str, code: str, new_type: str) -> None:
        """Change the type of a custom field; its values are converted where that makes sense."""
        self.fields[kind][code] = self.fields[kind][code].retyped(new_type)
        self._rewrite_values(kind, code, lambda value: converted(value, new_type))

    def _rewrite_values(self, kind: str, code: str, change: Callable[[Json], Json]) -> None:
        table = self.tables[kind]
        for row_id, row in table.rows.items():
            if code in row["custom_fields"]:
                values = {**row["custom_fields"], code: change(row["custom_fields"][code])}
                kept = {key: value for key, value in values.items() if value is not None}
                table.rows[row_id] = {**row, "custom_fields": kept}

    # Consequences

    def _placed(self, kind: str, before: Row, changes: Row) -> Row:
        """Fit stage and pipeline of a deal together: the stage decides, a new pipeline means its first stage."""
        if kind != "deal":
            return changes
        stage_id, pipeline_id = changes.get("stage_id"), changes.get("pipeline_id")
        if stage_id is not None:
            stage = self.tables["stage"].rows.get(stage_id)
            return changes if stage is None else {**changes, "pipeline_id": stage["pipeline_id"]}
        if pipeline_id is None and before.get("pipeline_id") is None:
            pipeline_id = min(self._living_ids("pipeline"), default=None)
        if pipeline_id is None or pipeline_id == before.get("pipeline_id"):
            return changes
        stages = (row for row in self.tables["stage"].rows.values() if not row["is_deleted"])
        places = [(row["order_nr"], row["id"]) for row in stages if row["pipeline_id"] == pipeline_id]
        return {**changes, "pipeline_id": pipeline_id, "stage_id": min(places, default=(0, None))[1]}

    def _living_ids(self, kind: str) -> list[int]:
        return [row_id for row_id, row in self.tables[kind].rows.items() if not row["is_deleted"]]

    def _bump_linked(self, kind: str, row: Row) -> None:
        """Bump the deal, person and organization that an activity hangs on (facts, no. 6)."""
        if kind != "activity":
            return
        for other, key in (("deal", "deal_id"), ("person", "person_id"), ("organization", "org_id")):
            linked = None if row[key] is None else self.find(other, row[key])
            if linked is not None and not linked["is_deleted"]:
                self.touch(other, linked["id"])

    def _merged(self, kind: str, loser: Row, winner: Row) -> Row:
        row = {
            key: loser[key] if value in (None, "", []) and not key.endswith(("_time", "_date")) else value
            for key, value in winner.items()
        }
        for key in ("emails", "phones"):
            if key in row:
                known = {point["value"].lower() for point in winner[key]}
                extra = [point for point in loser[key] if point["value"].lower() not in known]
                row[key] = contact_points([*winner[key], *({**point, "primary": False} for point in extra)])
        if kind in WITH_CUSTOM_FIELDS:
            mine, theirs = winner["custom_fields"], loser["custom_fields"]
            row["custom_fields"] = {**theirs, **mine}
            for code, field in self.fields[kind].items():
                both = code in mine and code in theirs and mine[code] != theirs[code]
                if both and field.type in TEXT_TYPES:
                    row["custom_fields"][code] = f"{mine[code]}, {theirs[code]}"
        return row

    def _move_links(self, kind: str, loser_id: int, winner_id: int) -> None:
        """Let what named the loser name the winner; no update time moves (facts 3)."""
        key = {"organization": "org_id", "person": "person_id", "deal": "deal_id"}[kind]
        for table in self.tables.values():
            for row_id, row in table.rows.items():
                if row.get(key) != loser_id:
                    continue
                moved = {**row, key: winner_id}
                if kind == "person" and "participants" in row:
                    moved["participants"] = [
                        {**one, "person_id": winner_id} if one["person_id"] == loser_id else one
                        for one in row["participants"]
                    ]
                table.rows[row_id] = moved

    def _tell(
        self,
        kind: str,
        action: Literal["create", "change", "delete"],
        before: Row | None,
        after: Row | None,
        source: Source,
        *,
        merged_to: int | None = None,
        merged_from: int | None = None,
    ) -> None:
        self._on_event(
            Event(
                kind=kind,
                action=action,
                id=(after or before or {})["id"],
                before=before,
                after=after,
                source=source,
                merged_to=merged_to,
                merged_from=merged_from,
            )
        )


def user_row(
    user_id: int,
    name: str,
    email: str,
    stamp: str,
    *,
    active: bool = True,
    admin: bool = False,
    timezone: str = "Europe/London",
) -> Row:
    """Give a user as the v1 API shows one (facts 7), stamped in the v1 way."""
    v1_stamp = stamp.replace("T", " ").removesuffix("Z")
    return {
        "id": user_id,
        "name": name,
        "email": email,
        "lang": 1,
        "locale": "en_GB",
        "timezone_name": timezone,
        "timezone_offset": "+00:00",
        "default_currency": "GBP",
        "icon_url": None,
        "active_flag": active,
        "is_deleted": not active,
        "is_admin": 1 if admin else 0,
        "role_id": 1,
        "created": v1_stamp,
        "modified": v1_stamp,
        "last_login": v1_stamp,
        "has_created_company": user_id == API_USER,
        "is_you": user_id == API_USER,
        "access": [],
        "phone": None,
    }
