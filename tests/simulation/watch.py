"""Looks over hermes-sync's shoulder: every write that reaches a twin, before it is carried out."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from hermes_sync.core.plan import PlannedAction
from hermes_sync.sandbox import Entry, Incoming
from hermes_sync.sandbox.server import Twin
from tests.cycle.rig import ATTRS, ORG_FIELDS
from tests.simulation.broken import must
from tests.simulation.engine import SimulatedRig

_COLLECTIONS: Final = {"organizations": "organization", "persons": "person"}
_MADE_BY_BOOKINGS: Final = ("due_date", "due_time", "owner_id", "org_id")
"""No two Activities share all of these: an admin has one call at a time."""
_PATHS: Final = {
    "organization": "/api/v2/organizations",
    "person": "/api/v2/persons",
    "deal": "/api/v2/deals",
    "activity": "/api/v2/activities",
    "client": "/api/clients/",
}
_LISTS: Final = ("emails", "phones")


@dataclass
class Watch:
    """Judges the writes of one pass.

    `is_calm` says that nothing disturbs it: no fault, no lag, nobody at work meanwhile. Then no equal value may be
    written. `copied` are the `hermes_id`s that people copied by hand.
    """

    rig: SimulatedRig
    copied: set[tuple[str, str]] = field(default_factory=set)
    is_calm: bool = True
    is_disturbed: Callable[[], bool] = bool
    """Whether a fault has struck since the pass began."""
    problems: list[tuple[str, str]] = field(default_factory=list)

    def judge(self, twin: Twin, incoming: Incoming) -> None:
        """Look at one request."""
        if incoming.method == "GET":
            return
        parts = [part for part in incoming.path.split("/") if part]
        said = f"{incoming.method} {incoming.path} {incoming.body}"
        if twin is self.rig.tc2:
            self._judge_client(parts, incoming, said)
        elif incoming.method == "POST" and parts[2:] in (["organizations"], ["persons"]):
            self._judge_creation(_COLLECTIONS[parts[2]], incoming.body, said)
        elif incoming.method == "POST" and parts[2:] == ["deals"]:
            self._judge_creation("deal", incoming.body, said)
        elif incoming.method == "POST" and parts[2:] == ["activities"]:
            self._judge_activity(incoming.body, said)
        elif incoming.method == "PATCH" and len(parts) == 4 and parts[2] in _COLLECTIONS:
            self._judge_change(_COLLECTIONS[parts[2]], int(parts[3]), incoming.body, said)
        else:
            self._note("ownership", f"nobody may ask for {said}")

    def _judge_client(self, parts: list[str], incoming: Incoming, said: str) -> None:
        wrong = incoming.method != "POST" or len(parts) != 3 or set(incoming.body) != {"extra_attrs"}
        if wrong or not set(incoming.body["extra_attrs"]) <= set(ATTRS):
            self._note("ownership", f"only Hermes' attributes may be written: {said}")
            return
        client = self.rig.tc2.state.client(int(parts[2]))
        for name, value in incoming.body["extra_attrs"].items():
            if client is not None and (client.attrs.get(name) or None) == (value or None):
                self._note_equal(f"{name} is that already: {said}")

    def _judge_creation(self, kind: str, body: dict[str, Any], said: str) -> None:
        key = self.rig.pd.field_key(kind, "hermes_id")
        hermes_id = str((body.get("custom_fields") or {}).get(key))
        twins = [row["id"] for row in self.rig.pd.all(kind) if row["custom_fields"][key] == hermes_id]
        if twins and (kind, hermes_id) not in self.copied:
            self._note("no-duplicates", f"{kind} {twins} has this hermes_id already: {said}")
        if not hermes_id.isdigit():
            self._note("no-duplicates", f"created without a hermes_id: {said}")

    def _judge_activity(self, body: dict[str, Any], said: str) -> None:
        for row in self.rig.pd.all("activity"):
            if all(row.get(name) == body.get(name) for name in _MADE_BY_BOOKINGS):
                self._note("no-duplicates", f"activity {row['id']} is that already: {said}")

    def _judge_change(self, kind: str, id_: int, body: dict[str, Any], said: str) -> None:
        allowed = {"custom_fields"} if kind == "organization" else {"custom_fields", *_LISTS}
        mapped = ORG_FIELDS if kind == "organization" else ("hermes_id",)
        keys = {self.rig.pd.field_key(kind, name) for name in mapped}
        if not set(body) <= allowed or not set(body.get("custom_fields") or {}) <= keys:
            self._note("ownership", f"this is not hermes-sync's to write: {said}")
        if not self.rig.pd.exists(kind, id_):
            return
        row = self.rig.pd.get(kind, id_)
        for key, value in (body.get("custom_fields") or {}).items():
            if row["custom_fields"][key] == value and row["name"].strip():  # a blank one can't be read
                self._note_equal(f"{key} is that already: {said}")
        for name in _LISTS:
            if name in body and self.is_calm and not self.is_disturbed():
                kept = [(one["value"], one["primary"]) for one in row[name]]
                sent = [(one["value"], bool(one.get("primary"))) for one in body[name]]
                if sent[: len(kept)] != kept or len(sent) == len(kept):
                    self._note("ownership", f"{name} were {kept}: {said}")

    def _note_equal(self, message: str) -> None:
        if self.is_calm and not self.is_disturbed():
            self._note("no-equal-writes", message)

    def _note(self, invariant: str, message: str) -> None:
        self.problems.append((invariant, message))

    def check(self) -> None:
        """Raise Broken for the first write that was wrong."""
        for invariant, message in self.problems:
            must(False, invariant, message)


def check_plan_equals_writes(
    actions: Iterable[PlannedAction], outcomes: dict[tuple[str, int], str], entries: list[Entry]
) -> None:
    """Raise Broken unless the pushes of an undisturbed pass are exactly the writes that the twins saw."""
    planned = [one for one in actions if one.system != "hermes"]
    told = {(str(one.object), one.id) for one in planned}
    must({(str(kind), id_) for kind, id_ in outcomes} == told, "plan-equals-writes", f"{outcomes} of {told}")
    expected = Counter(_request_of(one) for one in planned if outcomes[one.object, one.id] == "pushed")
    seen = Counter((entry.method, entry.path) for entry in entries if entry.status < 400)
    must(expected == seen, "plan-equals-writes", f"planned {dict(expected)}, written {dict(seen)}")


def _request_of(action: PlannedAction) -> tuple[str, str]:
    path = _PATHS[action.object]
    if action.remote_id is None:
        return "POST", path
    return (
        ("POST", f"{path}{action.remote_id}/") if action.object == "client" else ("PATCH", f"{path}/{action.remote_id}")
    )
