"""A rig: both twins, a real database and the cycle between them, on one clock that only moves when told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import orjson
from sqlalchemy import select

from hermes_sync.core.objects import Admin
from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.policy import Policy, Start
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.safety import Limits
from hermes_sync.cycle import Cost, Cycle, PassSettings, Scope, Summary
from hermes_sync.remotes import TC2_PER_MINUTE, PipedriveRemote, Tc2Remote, connect_pipedrive, connect_tc2
from hermes_sync.sandbox import Sandbox, TwinClock
from hermes_sync.store import SqlStore
from hermes_sync.store.tables import COUNTERS, CURSORS, JOURNAL, LAST_SEEN, OBJECT_TABLES, STATE

ORG_FIELDS = ("hermes_id", "tc2_status", "paid_invoice_count", "price_plan", "website", "support_person_id")
ATTRS = ("pipedrive_url", "pipedrive_id", "pipedrive_deal_stage", "pipedrive_pipeline")
ADA = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99, tc2_admin_id=30)
GRACE = Admin(id=2, first_name="Grace", last_name="Hopper", email="grace@example.com", pd_owner_id=98, tc2_admin_id=31)

PATIENCE: Final = 30.0
"""How long an answer of the twins may take, in real seconds: longer than a busy machine ever stalls."""

MOVING_STAMPS: Final = frozenset({"add_time", "update_time"})
"""When something was written, which is another time in every run."""

LOCAL: Final = (*OBJECT_TABLES.values(), LAST_SEEN, CURSORS, COUNTERS, STATE, JOURNAL)
"""What a pass writes in one transaction."""


class TwinsTime:
    """The twins' clock as the product's: sleeping lets their time pass at once."""

    def __init__(self, clock: TwinClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """Return the twins' time, in UTC."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def monotonic(self) -> float:
        """Return the twins' time as seconds."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Let so much of the twins' time pass."""
        self._clock.advance(seconds)


class Silent:
    """A progress that nobody watches."""

    def report(self, step: str, done: int, total: int | None = None) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Done:
    """What a pass came to, kept after its draft is gone."""

    actions: tuple[PlannedAction, ...]
    notices: tuple[Notice, ...]
    summary: Summary
    hash: str
    exit_code: int = 0
    cost: Cost = field(default_factory=Cost)
    outcomes: Mapping[tuple[str, int], str] = field(default_factory=dict)

    @property
    def codes(self) -> set[str]:
        """The codes of its notices."""
        return {notice.code for notice in self.notices}

    def rules(self, verb: str | None = None) -> list[str]:
        """The rows that asked for its actions."""
        return [action.rule for action in self.actions if verb in (None, action.verb)]


class Rig:
    """The whole engine against the twins; passes run in this process."""

    def __init__(self, sandbox: Sandbox, store: SqlStore) -> None:
        self.sandbox = sandbox
        self.store = store
        self.pd = sandbox.pipedrive
        self.tc2 = sandbox.tc2
        self.clock = TwinsTime(sandbox.clock)
        self.pipedrive_url, self.pipedrive_token = self.pd.url, self.pd.token
        self.tc2_url, self.tc2_key = self.tc2.url, self.tc2.key
        self.timeout = PATIENCE
        self.at_once = 1  # so that everything happens in one order
        self.settings = PassSettings(
            policy=Policy(
                admins=(ADA, GRACE),
                org_fields=frozenset(ORG_FIELDS),
                person_fields=frozenset({"hermes_id"}),
                deal_fields=frozenset({"hermes_id"}),
                client_attrs=frozenset(ATTRS),
                pipedrive_base_url=self.pd.url,
                tc2_base_url=self.tc2.url,
                starts={"payg": Start(pipeline=1, stage=1)},
            ),
            policy_digest="first",
            fields=self.keys(),
            limits=Limits(),
            overlap=timedelta(seconds=60),
            sweep_interval=timedelta(hours=6),
            sweep_per_pass=90,
            daily_token_budget=30_000,
        )

    def keys(self) -> dict[RemoteKind, dict[str, str]]:
        """Return the keys of the twin's custom fields by Hermes name."""
        return {
            RemoteKind.ORGANIZATION: {name: self.pd.field_key("organization", name) for name in ORG_FIELDS},
            RemoteKind.PERSON: {"hermes_id": self.pd.field_key("person", "hermes_id")},
            RemoteKind.DEAL: {"hermes_id": self.pd.field_key("deal", "hermes_id")},
        }

    def configure(self, **changes: Any) -> None:
        """Change the settings of the passes to come."""
        self.settings = replace(self.settings, **changes)

    def wire(self) -> httpx.BaseTransport:
        """What carries the bytes to one remote."""
        return httpx.HTTPTransport(verify=False)  # the twins speak plain HTTP; loading certificates takes long

    def tc2_remote(self, per_minute: int = TC2_PER_MINUTE) -> Tc2Remote:
        """A connection to TC2 that asks so often in any minute at the most."""
        transport = connect_tc2(
            base_url=self.tc2_url,
            key=self.tc2_key,
            clock=self.clock,
            timeout=self.timeout,
            wire=self.wire(),
            per_minute=per_minute,
        )
        return Tc2Remote(transport, attrs={name: name for name in ATTRS})

    @contextmanager
    def cycle(self) -> Iterator[Cycle]:
        """A cycle with remotes of its own, as a new process would have."""
        to_pipedrive = connect_pipedrive(
            base_url=self.pipedrive_url,
            token=self.pipedrive_token,
            clock=self.clock,
            timeout=self.timeout,
            wire=self.wire(),
        )
        pipedrive = PipedriveRemote(to_pipedrive, fields=self.settings.fields, at_once=self.at_once)
        tc2 = self.tc2_remote()
        try:
            yield Cycle(store=self.store, pipedrive=pipedrive, tc2=tc2, clock=self.clock, settings=self.settings)
        finally:
            pipedrive.close()
            tc2.close()

    def reconcile(self, *, force: bool = False, **scope: Any) -> Done:
        """Run one pass, a minute and a half after the last thing that happened."""
        self.sandbox.clock.advance(90)
        with self.cycle() as cycle, cycle.reconcile(Scope(**scope), Silent(), force=force) as report:
            plan = report.plan
            return Done(
                tuple(plan.actions()),
                report.notices,
                plan.summary,
                plan.hash,
                report.exit_code,
                plan.cost,
                report.outcomes,
            )

    def diff(self, **scope: Any) -> Done:
        """Plan a pass without carrying it out."""
        with self.cycle() as cycle, cycle.diff(Scope(**scope), Silent()) as plan:
            return Done(tuple(plan.actions()), plan.notices, plan.summary, plan.hash, 0, plan.cost)

    def state(self) -> dict[str, list[dict[str, object]]]:
        """Return the Hermes objects, as `export` gives them."""
        return {name: list(rows) for name, rows in self.store.export(None)}

    def kept(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return everything that a pass writes in one transaction: a failed one leaves it as it was."""
        with self.store.engine.connect() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in LOCAL
            }

    def everything(self) -> dict[str, object]:
        """Return the state of all three systems and last-seen, without the times of writes."""
        seen = LAST_SEEN.c
        with self.store.engine.connect() as connection:
            rows = connection.execute(
                select(seen.kind, seen.id, seen.fields, seen.gone_since.is_(None)).order_by(seen.kind, seen.id)
            )
            last_seen = [(kind, id_, _settled(orjson.loads(said or b"{}")), lives) for kind, id_, said, lives in rows]
        kinds = ("pipeline", "stage", "organization", "person", "deal", "activity")
        pipedrive = {kind: [_settled(row) for row in self.pd.all(kind)] for kind in kinds}
        return {
            "hermes": self.state(),
            "last-seen": last_seen,
            "pipedrive": pipedrive,
            "tc2": [_settled(row) for row in self.tc2.all_clients()],
        }

    def one(self, kind: str, **having: object) -> dict[str, object]:
        """Return the one object of a kind that has these fields."""
        (found,) = self.every(kind, **having)
        return found

    def every(self, kind: str, **having: object) -> list[dict[str, object]]:
        """Return all objects of a kind that have these fields."""
        return [row for row in self.state()[kind] if all(row[name] == value for name, value in having.items())]

    def writes(self) -> int:
        """Return how many writes both remotes have seen."""
        return len(self.pd.log.writes()) + len(self.tc2.log.writes())

    def settle(self, most: int = 4) -> int:
        """Run passes until one plans nothing; return how many it took."""
        for number in range(1, most + 1):
            if not self.reconcile().actions:
                return number
        raise AssertionError(f"still something to do after {most} passes")


def _settled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in MOVING_STAMPS}
