"""The store: the Hermes objects, last-seen, cursors, journal, passes and lease in one SQL database.

Every method is one transaction or none; nothing stays open between them. Instants are aware and in UTC.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import orjson
from sqlalchemy import Engine, select, update

from hermes_sync.core.objects import Company, Kind
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.records import Notice, Org, Ref, RemoteKind
from hermes_sync.ports import FieldDefinition, Receipt
from hermes_sync.store import export, journal, migrate, pairs, seen, story
from hermes_sync.store import lease as leases
from hermes_sync.store.apply import apply
from hermes_sync.store.draft import Draft
from hermes_sync.store.engine import insert_into, is_missing_file, open_engine, writing
from hermes_sync.store.export import StoreStatus
from hermes_sync.store.lease import Lease
from hermes_sync.store.rows import Cursor, JournalPush, LastSeen, PassRow, json_text
from hermes_sync.store.story import Story, Subject
from hermes_sync.store.tables import COUNTERS, FIELD_DEFINITIONS, OBJECT_TABLES, PASSES, STATE


class SqlStore:
    """One database, SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> "SqlStore":
        """Open a database; one opened `read_only` cannot be written to.

        A read-only SQLite file that does not exist yet is an empty store in memory, so that looking makes no file.
        Raises `ConfigError` for a URL that cannot be used and for a database that does not answer.
        """
        if read_only and is_missing_file(url):
            store = cls(open_engine("sqlite://", read_only=True))
            store.upgrade()
            return store
        return cls(open_engine(url, read_only=read_only))

    @property
    def url(self) -> str:
        """The address of the database, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # schema

    def upgrade(self) -> None:
        """Bring the schema to the newest revision."""
        migrate.upgrade(self.engine)

    def current_revision(self) -> str | None:
        """Return the schema's revision, None for an empty database."""
        return migrate.current_revision(self.engine)

    def head_revision(self) -> str:
        """Return the newest revision of the schema."""
        return migrate.head_revision()

    # what a pass asks

    def next_ids(self) -> dict[Kind, int]:
        """Return the id that the next new object of each kind gets; no id is ever used twice."""
        with self.engine.connect() as connection:
            rows = {row.kind: row.next_id for row in connection.execute(select(COUNTERS))}
        return {kind: rows.get(kind.value, 1) for kind in Kind}

    def population(self) -> dict[str, int]:
        """Return how many Hermes objects of each kind there are."""
        with self.engine.connect() as connection:
            rows = {row.kind: row.population for row in connection.execute(select(COUNTERS))}
        return {kind.value: rows.get(kind.value, 0) for kind in Kind}

    def revision(self) -> int:
        """Return the number that every write of Hermes objects moves."""
        with self.engine.connect() as connection:
            return int(connection.execute(select(STATE.c.revision)).scalar_one())

    def policy_digest(self) -> str | None:
        """Return the digest of the policy of the last applied pass."""
        with self.engine.connect() as connection:
            digest: str | None = connection.execute(select(STATE.c.policy_digest)).scalar_one()
            return digest

    def cursors(self) -> dict[RemoteKind, Cursor]:
        """Return how far each kind has been read; a kind never read is missing."""
        with self.engine.connect() as connection:
            return export.cursors(connection)

    def digests_between(self, kind: RemoteKind, low: int, high: int | None) -> dict[int, str]:
        """Return id → digest of the living last-seen with low < id <= high; None is no upper end."""
        with self.engine.connect() as connection:
            return seen.digests_between(connection, kind, low, high)

    def digests(self, kind: RemoteKind, ids: Collection[int]) -> dict[int, str]:
        """Return id → digest of those that live."""
        with self.engine.connect() as connection:
            return seen.digests(connection, kind, ids)

    def last_seen(self, kind: RemoteKind, ids: Collection[int]) -> dict[int, LastSeen]:
        """Return what is known of these remote objects, gone ones too."""
        with self.engine.connect() as connection:
            return seen.last_seen(connection, kind, ids)

    def known(self, kind: RemoteKind, ids: Collection[int]) -> set[int]:
        """Return which of these were ever seen, living or gone."""
        with self.engine.connect() as connection:
            return seen.known(connection, kind, ids)

    def children(self, named: Ref) -> dict[RemoteKind, list[int]]:
        """Return the living Persons and deals that name an Org, or the deals that name a Person, by id."""
        with self.engine.connect() as connection:
            return {
                kind: [id_ for id_, _ in seen.ids_naming(connection, kind, column, [named.id])]
                for kind, columns in seen.NAMERS.items()
                for of, column in columns
                if of is named.kind
            }

    def count_living(self, kind: RemoteKind) -> int:
        """Return how many remote objects of a kind live, as far as is known."""
        with self.engine.connect() as connection:
            return seen.count_living(connection, kind)

    def longest_unread(self, limit: int, *, besides: Collection[int] = ()) -> list[int]:
        """Return the living clients whose details were read longest ago, oldest reading first."""
        with self.engine.connect() as connection:
            return seen.longest_unread(connection, limit, besides)

    def unread_since(self, when: datetime) -> list[int]:
        """Return the living clients whose details were last read before that instant, by id."""
        with self.engine.connect() as connection:
            return seen.unread_since(connection, when)

    def field_definitions(self) -> dict[RemoteKind, tuple[datetime, Mapping[str, FieldDefinition]]]:
        """Return per kind when the field metadata was read and what it says, by field key."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(FIELD_DEFINITIONS)).all()
        return {
            RemoteKind(row.kind): (
                row.read_at,
                {key: FieldDefinition(**said) for key, said in orjson.loads(row.definitions).items()},
            )
            for row in rows
        }

    def save_field_definitions(
        self, kind: RemoteKind, definitions: Mapping[str, FieldDefinition], now: datetime
    ) -> None:
        """Keep what the account says of the fields of a kind."""
        said = json_text({key: asdict(one) for key, one in definitions.items()})
        values = {"definitions": said, "read_at": now}
        with writing(self.engine) as connection:
            connection.execute(
                insert_into(FIELD_DEFINITIONS, connection)
                .values(kind=kind.value, **values)
                .on_conflict_do_update(index_elements=[FIELD_DEFINITIONS.c.kind], set_=values)
            )

    def draft(self) -> Draft:
        """Open a draft on the store as it is now."""
        return Draft(self.engine, revision=self.revision(), population=self.population())

    def apply(
        self,
        draft: Draft,
        *,
        lease: Lease | None,
        pass_id: int,
        now: datetime,
        cursors: Mapping[RemoteKind, Cursor],
        policy_digest: str,
    ) -> None:
        """Carry a draft over in one transaction: objects, last-seen, journal, cursors; all of it or nothing.

        Raises `LeaseHeld` when the lease was lost, and `StaleDraft` when Hermes objects changed since the draft
        was opened (`Draft.start_over`, then plan again).
        """
        apply(
            self.engine,
            draft,
            lease=lease,
            pass_id=pass_id,
            now=now,
            cursors=cursors,
            policy_digest=policy_digest,
        )

    # passes

    def begin_pass(self, *, scope: str, now: datetime) -> int:
        """Write down that a pass begins; return its id."""
        with writing(self.engine) as connection:
            made = connection.execute(PASSES.insert().values(scope=scope, started_at=now).returning(PASSES.c.id))
            return int(made.scalar_one())

    def end_pass(
        self,
        pass_id: int,
        *,
        now: datetime,
        result: str,
        exit_code: int,
        counts: Mapping[str, object],
        notices: Sequence[Notice],
    ) -> None:
        """Write down how a pass ended."""
        with writing(self.engine) as connection:
            connection.execute(
                update(PASSES)
                .where(PASSES.c.id == pass_id)
                .values(
                    ended_at=now,
                    result=result,
                    exit_code=exit_code,
                    counts=json_text(dict(counts)),
                    notices=json_text(tuple(notices)),
                )
            )

    def tokens_since(self, when: datetime) -> int:
        """Return how many of Pipedrive's tokens the passes have spent that began since then."""
        with self.engine.connect() as connection:
            rows = connection.scalars(select(PASSES.c.counts).where(PASSES.c.started_at >= when))
            return sum(int(orjson.loads(counts or "{}").get("pipedrive_tokens") or 0) for counts in rows)

    def passes(self, limit: int) -> list[PassRow]:
        """Return the newest passes, newest first."""
        with self.engine.connect() as connection:
            return export.passes(connection, limit)

    # pushes

    def open_pushes(self) -> list[JournalPush]:
        """Return the pushes that are planned, started or deferred, oldest first."""
        with self.engine.connect() as connection:
            return journal.open_pushes(connection)

    def planned_pushes(self, pass_id: int) -> Iterator[JournalPush]:
        """Yield the pushes that a pass planned and that were not started, in the order of the plan."""
        return journal.planned_pushes(self.engine, pass_id)

    def start_push(self, id_: int, now: datetime, changes: Sequence[FieldChange]) -> None:
        """Write down, before it is sent, that a push is being sent and what it says."""
        journal.start(self.engine, id_, now, changes)

    def settle_push(self, id_: int, *, receipt: Receipt, now: datetime) -> None:
        """Write down that a push was carried out; last-seen then says the pushed fields that were not left out.

        What a create made is linked to the Hermes object that spoke, unless either has a link.
        """
        journal.settle(self.engine, id_, receipt=receipt, now=now)

    def settle_gone(self, id_: int, reason: str, now: datetime) -> None:
        """Close a push to an object that is gone; the next pass proves the deletion."""
        journal.step(self.engine, id_, state="settled", settled_at=now, reason=reason)

    def defer_push(self, id_: int, *, reason: str, due: datetime, now: datetime) -> None:  # noqa: ARG002  # all steps say when
        """Leave a push for a later pass, not before `due`."""
        journal.step(self.engine, id_, state="deferred", due_at=due, reason=reason)

    def refuse_push(self, id_: int, *, reason: str, now: datetime) -> None:
        """Keep a push as refused for good, until its content changes or a person has it tried again."""
        journal.step(self.engine, id_, state="refused", settled_at=now, reason=reason)

    def retry_refused(self, now: datetime) -> list[JournalPush]:
        """Let the next pass try refused pushes again; return them, oldest first.

        No lease is needed: nothing is sent and no object changes. A pass that runs meanwhile has planned without
        them, and they wait for the one after it.
        """
        return journal.retry(self.engine, now)

    def supersede_push(self, id_: int, now: datetime) -> None:
        """Close a push that has nothing to say any more."""
        journal.step(self.engine, id_, state="superseded", settled_at=now)

    def refused(self, kind: RemoteKind, hermes_ids: Collection[int]) -> set[tuple[int, str]]:
        """Return (Hermes id, content digest) of the pushes of this kind that stand refused."""
        with self.engine.connect() as connection:
            return journal.refused(connection, kind, hermes_ids)

    def linked(self, kind: RemoteKind, hermes_ids: Collection[int]) -> dict[int, int]:
        """Return Hermes id → the Org (Person, deal) that these Companies (Contacts, Deals) are linked to."""
        with self.engine.connect() as connection:
            return journal.linked(connection, kind, hermes_ids)

    def created(self, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
        """Return which of these remote objects hermes-sync itself created."""
        with self.engine.connect() as connection:
            return journal.created(connection, kind, remote_ids)

    def org_of_company(self, company_id: int) -> int | None:
        """Return the Org of a Company; None while it has none."""
        return self.linked(RemoteKind.ORGANIZATION, [company_id]).get(company_id)

    def org_of_contact(self, contact_id: int) -> int | None:
        """Return the Org of a Contact's Company; None while it has none."""
        with self.engine.connect() as connection:
            companies, contacts = OBJECT_TABLES[Kind.COMPANY], OBJECT_TABLES[Kind.CONTACT]
            org_id: int | None = connection.scalar(
                select(companies.c.pd_org_id)
                .join(contacts, contacts.c.company_id == companies.c.id)
                .where(contacts.c.id == contact_id)
            )
            return org_id

    # lease

    def acquire_lease(self, *, holder: str, now: datetime, ttl: timedelta) -> Lease:
        """Take the right to run a pass; raises `LeaseHeld` while another has it."""
        with writing(self.engine) as connection:
            return leases.acquire(connection, holder=holder, now=now, ttl=ttl)

    def current_lease(self, now: datetime) -> Lease | None:
        """Return the lease that is held now."""
        with self.engine.connect() as connection:
            return leases.current(connection, now)

    def renew_lease(self, lease: Lease, now: datetime, ttl: timedelta) -> None:
        """Keep the lease until `ttl` from now; raises `LeaseHeld` when another has taken it over."""
        with writing(self.engine) as connection:
            leases.renew(connection, lease, now=now, ttl=ttl)

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back."""
        with writing(self.engine) as connection:
            leases.release(connection, lease)

    # reading for people

    def export(self, kinds: Collection[str] | None) -> Iterator[tuple[str, Iterator[dict[str, object]]]]:
        """Yield the lists of interface 3 (`companies`, …), each an iterator of objects by id; None is all."""
        return export.export(self.engine, kinds)

    def status(self, now: datetime) -> StoreStatus:
        """Return last passes, cursors, freshness of each kind, and the pushes that wait or were refused."""
        with self.engine.connect() as connection:
            return export.status(connection, now)

    def story(self, subject: Subject) -> Story:
        """Return what the journal says of one object and what it is now; raises `NeverSeen`."""
        return story.tell(self.engine, subject)

    def companies_with_both(self) -> Iterator[tuple[Company, Org]]:
        """Yield the Companies that have a cligency and a living Org, by id, with that Org as last seen."""
        return pairs.companies_with_both(self.engine)
