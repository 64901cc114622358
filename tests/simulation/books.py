"""The database as it is, read with plain SQL beside the product, and whether its journal tells all of it."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.simulation.broken import must

Objects: TypeAlias = dict[str, dict[int, dict[str, Any]]]
"""Table → id → row of the Hermes objects."""

OBJECTS: Final = {
    "companies": "company",
    "contacts": "contact",
    "deals": "deal",
    "meetings": "meeting",
    "pipelines": "pipeline",
    "stages": "stage",
}
APPLIED: Final = (*OBJECTS, "last_seen", "cursors", "counters", "state", "journal")
"""What a pass writes in one transaction."""
_EVERYTHING: Final = (*APPLIED, "passes", "lease", "field_definitions")
LINKS: Final = {
    "organization": ("companies", "pd_org_id"),
    "person": ("contacts", "pd_person_id"),
    "deal": ("deals", "pd_deal_id"),
    "activity": ("meetings", "pd_activity_id"),
}


class Books:
    """One SQLite file of hermes-sync."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        return [dict(row) for row in self._connection.execute(query, values)]

    def objects(self) -> Objects:
        """Return all Hermes objects."""
        return {table: {row["id"]: row for row in self.rows(f"SELECT * FROM {table} ORDER BY id")} for table in OBJECTS}

    def fingerprint(self, *, everything: bool = False) -> str:
        """Return a digest of what a pass applies, or of every table."""
        sha = hashlib.sha256()
        for table in _EVERYTHING if everything else APPLIED:
            sha.update(table.encode())
            for row in self._connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                sha.update(repr(tuple(row)).encode())
        return sha.hexdigest()

    def waiting(self) -> list[dict[str, Any]]:
        """Return the bookings whose Pipedrive half no pass has planned."""
        return self.rows("SELECT * FROM bookings ORDER BY id")

    def last_entry(self) -> int:
        """Return the id of the newest entry of the journal."""
        return int(self.rows("SELECT coalesce(max(id), 0) AS last FROM journal")[0]["last"])

    def deeds_since(self, since: int) -> list[dict[str, Any]]:
        """Return what was done to Hermes objects after an entry of the journal, with both images as dicts."""
        rows = self.rows("SELECT * FROM journal WHERE id > ? AND system = 'hermes' ORDER BY id", since)
        return [
            row | {"before": json.loads(row["before"] or "null"), "after": json.loads(row["after"] or "null")}
            for row in rows
        ]

    def check_constraints(self) -> None:
        """Raise Broken unless keys lead somewhere and the counters count."""
        must(not (lost := self.rows("PRAGMA foreign_key_check")), "constraints", f"keys that lead nowhere: {lost}")
        counters = {row["kind"]: row for row in self.rows("SELECT * FROM counters")}
        for table, kind in OBJECTS.items():
            ids = [row["id"] for row in self.rows(f"SELECT id FROM {table}")]
            counter = counters.get(kind, {"population": 0, "next_id": 1})
            must(counter["population"] == len(ids), "constraints", f"{kind}: {len(ids)} rows, counted {counter}")
            must(counter["next_id"] > max(ids, default=0), "constraints", f"{kind}: the next id is taken, {counter}")

    def check_journal(self, before: Objects, since: int) -> None:
        """Raise Broken unless the entries of the journal after `since` lead from the objects before to those now."""
        told = {table: dict(rows) for table, rows in before.items()}
        tables = {kind: table for table, kind in OBJECTS.items()}
        for entry in self.rows("SELECT * FROM journal WHERE id > ? AND system = 'hermes' ORDER BY id", since):
            rows, id_ = told[tables[entry["object"]]], entry["hermes_id"]
            image = json.loads(entry["before"]) if entry["before"] else None
            named = f"entry {entry['id']} ({entry['verb']} {entry['object']} {id_})"
            must((image is None) == (id_ not in rows), "journal", f"{named}: before {image}, was {rows.get(id_)}")
            if image is not None:
                must(_says(rows[id_], image), "journal", f"{named}: before {image}, was {rows[id_]}")
            if entry["after"]:
                rows[id_] = json.loads(entry["after"])
            else:
                del rows[id_]
        links = self._links()
        for table, rows in self.objects().items():
            must(rows.keys() == told[table].keys(), "journal", f"{table}: {sorted(rows)}, told {sorted(told[table])}")
            for id_, row in rows.items():
                for name, said in _differing(row, told[table][id_]):
                    linked = said is None and (table, id_, name, row[name]) in links
                    must(linked, "journal", f"{table} {id_}: {name} is {row[name]!r}, told {said!r}")

    def _links(self) -> set[tuple[str, int, str, int]]:
        """Return the links that creates in the remotes made: their entries are the journal's word for them."""
        pushes = "SELECT object, hermes_id, remote_id FROM journal WHERE verb = 'create' AND state = 'settled'"
        return {
            (table, row["hermes_id"], column, row["remote_id"])
            for row in self.rows(pushes)
            if row["object"] in LINKS
            for table, column in [LINKS[row["object"]]]
        }


def _says(row: Mapping[str, Any], image: Mapping[str, Any]) -> bool:
    links = {column for _, column in LINKS.values()}
    return all(row[name] == value for name, value in image.items() if name in row and name not in links)


def _differing(row: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if name in row and row[name] != value:
            yield name, value
