"""Planning: 100,000 objects of 25 fields, 1 % of them changed, against a store that holds them all.

The objects are cligencies, the richest kind: 25 fields besides the id, all of them said. Measured is from records as
the remotes hand them out to the finished plan: comparing each page of 500 with last-seen (`Draft.compare`), then
loading what the changes can reach, the action table, the pushes that follow and the check of the safety limits
(`Planner`). Reading over HTTP and applying are not part of it. CPU time in seconds; memory is the peak of the whole
process in megabytes, which also holds the interpreter and the imports.
"""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import accounts
import measuring
from measuring import Figure, Stopwatch

from hermes_sync.core.objects import Admin
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import RECORD_TYPES, RemoteKind
from hermes_sync.store import SqlStore

OBJECTS = 100_000
CHANGED = 1_000
FIELDS = 25
NOW = datetime(2026, 5, 14, 12, tzinfo=UTC)
LATER = datetime(2026, 5, 14, 13, tzinfo=UTC)


def policy() -> Policy:
    """Return a policy under which the account is settled: the attributes of cligencies are synced, Orgs say nothing."""
    ada = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99, tc2_admin_id=30)
    grace = Admin(id=2, first_name="Grace", last_name="Hopper", email="g@example.com", pd_owner_id=98, tc2_admin_id=31)
    attributes = "pipedrive_url pipedrive_id pipedrive_deal_stage pipedrive_pipeline estimated_income currency"
    return Policy(
        admins=(ada, grace),
        client_attrs=frozenset([*attributes.split(), "utm_source", "utm_campaign"]),
        pipedrive_base_url="https://example.pipedrive.com",
    )


def prepare(database: str) -> None:
    """Fill a database with the account."""
    with SqlStore.open(database) as store:
        store.upgrade()
        accounts.fill(store, OBJECTS, policy(), "settled", NOW, clients=OBJECTS)


def planning(database: str) -> tuple[float, float]:
    """Return CPU time and peak memory of comparing all of them and planning the changes."""
    watch = Stopwatch()
    every = OBJECTS // CHANGED
    now = accounts.cligencies(OBJECTS, policy())
    paid = accounts.cligencies(OBJECTS, policy(), invoices=4)
    fresh = (new if one.id % every == 0 else one for one, new in zip(now, paid, strict=True))
    with SqlStore.open(database) as store, store.draft() as draft:
        kept = 0
        for page in accounts.pages(RemoteKind.CLIENT, fresh):
            with watch.running():
                kept += draft.compare(RemoteKind.CLIENT, page, read_at=LATER)
        with watch.running():
            plan = accounts.plan(store, draft, policy(), LATER)
        assert kept == CHANGED, f"{kept} objects differ, not {CHANGED}"
        assert plan.summary.update == CHANGED, f"the plan is {plan.summary}, not {CHANGED} updates"
    return watch.seconds, measuring.peak_megabytes()


def main() -> None:
    """Measure and compare."""
    assert len(RECORD_TYPES[RemoteKind.CLIENT].__slots__) == FIELDS + 1, "the richest kind has 25 fields and its id"
    with TemporaryDirectory(prefix="hermes-sync-benchmark-") as folder:
        database = f"sqlite:///{Path(folder) / 'hermes.db'}"
        measuring.apart(prepare, database)
        seconds, memory = measuring.apart(planning, database)
    measuring.finish(
        "planning 100,000 objects, 1 % changed",
        Figure("CPU", seconds, 2, "s"),
        Figure("peak memory", memory, 300, "MB"),
    )


if __name__ == "__main__":
    main()
