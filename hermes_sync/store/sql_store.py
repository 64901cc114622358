"""The store: the Hermes objects, last-seen, cursors, journal, passes and lease in one SQL database.

Every method is one transaction or none; nothing stays open between them. Instants are aware and in UTC.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from hermes_sync.core.availability import Span
from hermes_sync.core.objects import Company, Kind
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.records import Notice, Org, Ref, RemoteKind
from hermes_sync.ports import FieldDefinition, Receipt
from hermes_sync.store import (
    booked,
    companies,
    definitions,
    export,
    journal,
    links,
    measures,
    migrate,
    pairs,
    passes,
    rolling,
    seen,
    settling,
    state,
    story,
    turns,
)
from hermes_sync.store import hints as remembered
from hermes_sync.store import lease as leases
from hermes_sync.store import spending as spendings
from hermes_sync.store.apply import apply
from hermes_sync.store.booked import Books
from hermes_sync.store.draft import Draft
from hermes_sync.store.engine import is_missing_file, open_engine, writing
from hermes_sync.store.export import StoreStatus
from hermes_sync.store.hints import Hint, News
from hermes_sync.store.lease import Lease
from hermes_sync.store.measures import LastPass, Measures, RunningTotals, Totals, Waiting
from hermes_sync.store.rolling import ClientFreshness
from hermes_sync.store.rows import Cursor, JournalPush, LastSeen, Partner, PassRow
from hermes_sync.store.search import Found, search
from hermes_sync.store.spending import Spending
from hermes_sync.store.story import Story, Subject
from hermes_sync.store.tallies import RuleCount, rules_of_pass


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
            return {kind: one.next_id for kind, one in state.counters(connection).items()}

    def population(self) -> dict[str, int]:
        """Return how many Hermes objects of each kind there are."""
        with self.engine.connect() as connection:
            return {kind.value: one.population for kind, one in state.counters(connection).items()}

    def revision(self) -> int:
        """Return the number that every write of Hermes objects moves."""
        with self.engine.connect() as connection:
            return state.revision(connection)

    def policy_digest(self) -> str | None:
        """Return the digest of the policy of the last applied pass."""
        with self.engine.connect() as connection:
            return state.policy_digest(connection)

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
            return seen.children(connection, named)

    def count_living(self, kind: RemoteKind) -> int:
        """Return how many remote objects of a kind live, as far as is known."""
        with self.engine.connect() as connection:
            return seen.count_living(connection, kind)

    def clients_to_read_again(self, limit: int, *, now: datetime, besides: Collection[int] = ()) -> list[int]:
        """Return the living clients whose turn it is in the rolling reading, at most so many."""
        with self.engine.connect() as connection:
            return rolling.to_read_again(connection, limit, now=now, besides=besides)

    def client_freshness(self, now: datetime) -> ClientFreshness:
        """Return how fresh the readings of the living clients are."""
        with self.engine.connect() as connection:
            return rolling.freshness(connection, now)

    def unread_since(self, when: datetime) -> list[int]:
        """Return the living clients whose details were last read before that instant, by id."""
        with self.engine.connect() as connection:
            return seen.unread_since(connection, when)

    def field_definitions(self) -> dict[RemoteKind, tuple[datetime, Mapping[str, FieldDefinition]]]:
        """Return per kind when the field metadata was read and what it says, by field key."""
        with self.engine.connect() as connection:
            return definitions.definitions(connection)

    def save_field_definitions(self, kind: RemoteKind, found: Mapping[str, FieldDefinition], now: datetime) -> None:
        """Keep what the account says of the fields of a kind."""
        with writing(self.engine) as connection:
            definitions.save(connection, kind, found, now)

    def doubt_field_definitions(self, kind: RemoteKind) -> None:
        """Have the field metadata of a kind read again by the next pass; what it says holds until then."""
        with writing(self.engine) as connection:
            definitions.doubt(connection, kind)

    def newest_booking(self) -> int:
        """Return the id of the newest booking whose Pipedrive half no pass has planned; 0 when there is none."""
        with self.engine.connect() as connection:
            return state.newest_booking(connection)

    def draft(self) -> Draft:
        """Open a draft on the store as it is now."""
        newest = self.newest_booking()
        return Draft(self.engine, revision=self.revision(), newest_booking=newest, population=self.population())

    def apply(
        self,
        draft: Draft,
        *,
        lease: Lease | None,
        pass_id: int,
        now: datetime,
        cursors: Mapping[RemoteKind, Cursor],
        policy_digest: str,
        hints: Collection[Hint] = (),
    ) -> None:
        """Carry a draft over in one transaction: objects, last-seen, journal, cursors; all of it or nothing.

        Hints that the pass has read are forgotten in it, unless a webhook has named the object again meanwhile.

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
            hints=hints,
        )

    # passes

    def begin_pass(self, *, scope: str, now: datetime) -> int:
        """Write down that a pass begins; return its id."""
        with writing(self.engine) as connection:
            return passes.begin(connection, scope=scope, now=now)

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
            passes.end(connection, pass_id, now=now, result=result, exit_code=exit_code, counts=counts, notices=notices)

    def spending(self, since: datetime) -> Spending:
        """Return what passes that began since then spent of Pipedrive's tokens, and what passes cost of late."""
        with self.engine.connect() as connection:
            return spendings.spending(connection, since)

    def passes(self, limit: int, *, bookings: bool = True) -> list[PassRow]:
        """Return the newest passes, newest first, with or without those that are bookings."""
        with self.engine.connect() as connection:
            return passes.latest(connection, limit, bookings=bookings)

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
        settling.start(self.engine, id_, now, changes)

    def settle_push(self, id_: int, *, receipt: Receipt, now: datetime) -> None:
        """Write down that a push was carried out; last-seen then says the pushed fields that were not left out.

        What a create made is linked to the Hermes object that spoke, unless either has a link.
        """
        settling.settle(self.engine, id_, receipt=receipt, now=now)

    def settle_gone(self, id_: int, reason: str, now: datetime) -> None:
        """Close a push to an object that is gone; the next pass proves the deletion."""
        settling.step(self.engine, id_, state="settled", settled_at=now, reason=reason)

    def defer_push(self, id_: int, *, reason: str, due: datetime, now: datetime) -> None:  # noqa: ARG002  # all steps say when
        """Leave a push for a later pass, not before `due`."""
        settling.step(self.engine, id_, state="deferred", due_at=due, reason=reason)

    def refuse_push(self, id_: int, *, reason: str, now: datetime) -> None:
        """Keep a push as refused for good, until its content changes or a person has it tried again."""
        settling.step(self.engine, id_, state="refused", settled_at=now, reason=reason)

    def retry_refused(self, now: datetime) -> list[JournalPush]:
        """Let the next pass try refused pushes again; return them, oldest first.

        No lease is needed: nothing is sent and no object changes. A pass that runs meanwhile has planned without
        them, and they wait for the one after it.
        """
        return settling.retry(self.engine, now)

    def refused(self, kind: RemoteKind, hermes_ids: Collection[int]) -> set[tuple[int, str]]:
        """Return (Hermes id, content digest) of the pushes of this kind that stand refused."""
        with self.engine.connect() as connection:
            return journal.refused(connection, kind, hermes_ids)

    def linked(self, kind: RemoteKind, hermes_ids: Collection[int]) -> dict[int, int]:
        """Return Hermes id → the Org (Person, deal) that these Companies (Contacts, Deals) are linked to."""
        with self.engine.connect() as connection:
            return links.linked(connection, kind, hermes_ids)

    def created(self, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
        """Return which of these remote objects hermes-sync itself created."""
        with self.engine.connect() as connection:
            return journal.created(connection, kind, remote_ids)

    def taken(self, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
        """Return which of these remote objects a Hermes object is linked to."""
        with self.engine.connect() as connection:
            return links.taken(connection, kind, remote_ids)

    def partners(self, kind: RemoteKind, hermes_id: int) -> dict[RemoteKind, Partner]:
        """Return the Org, Person and deal around the Hermes object that speaks in a push, as far as it names them."""
        with self.engine.connect() as connection:
            return links.partners(connection, kind, hermes_id)

    # hints

    def hint(self, refs: Collection[Ref], now: datetime) -> int:
        """Remember what webhooks named, if anything, and ask for an early pass; return how many found no room."""
        with writing(self.engine) as connection:
            return remembered.leave(connection, refs, now)

    def hints(self, limit: int = remembered.MOST, kinds: Collection[RemoteKind] = tuple(RemoteKind)) -> list[Hint]:
        """Return the hints of these kinds that no pass has read, those that wait longest first."""
        with self.engine.connect() as connection:
            return remembered.waiting(connection, limit, kinds)

    def is_hinted(self, ref: Ref) -> bool:
        """Whether an object is hinted at and no pass has read it since."""
        with self.engine.connect() as connection:
            return remembered.is_waiting(connection, ref)

    def drop_hints(self, read: Collection[Hint]) -> None:
        """Forget hints whose objects were read, but for those that were named again meanwhile."""
        with writing(self.engine) as connection:
            remembered.drop(connection, read)

    def news(self) -> News:
        """Return what tells a scheduler that a webhook or a booking came in; cheap enough for every second."""
        with self.engine.connect() as connection:
            return remembered.news(connection)

    def clients_of(self, *, recipients: Collection[int], agencies: Collection[int]) -> set[int]:
        """Return the cligencies that these SRs and agencies of TC2 belong to, as far as Hermes knows them."""
        with self.engine.connect() as connection:
            return remembered.clients_of(connection, recipients=recipients, agencies=agencies)

    # bookings

    def booking(self, now: datetime) -> AbstractContextManager[Books]:
        """Begin a transaction in which bookings are written down; raises `StoreUnavailable` when it can't be had."""
        return booked.booking_on(self.engine, now)

    def held_until(self, event_id: str) -> datetime | None:
        """Return until when a slot is or was held for this event in a calendar; None for one nobody began to make."""
        return booked.held_until(self.engine, event_id)

    def busy(self, admin_id: int, within: Span, now: datetime) -> list[Span]:
        """Return when an admin is busy in a stretch of time: Meetings in Hermes and held slots."""
        return booked.busy(self.engine, admin_id, within, now)

    # what the listener asks

    def measures(self, totals: RunningTotals, now: datetime) -> tuple[Totals, Measures]:
        """Return what passes came to, as far as `totals` adds it up, and how everything is now."""
        with self.engine.connect() as connection:
            return totals.at(connection, now), measures.measures(connection, now)

    def last_good_pass(self) -> LastPass | None:
        """Return the newest pass that polled and did its work (exit 0 or 5); None while there is none."""
        with self.engine.connect() as connection:
            return measures.last_good_pass(connection)

    def trouble(self) -> LastPass | None:
        """Return the last pass if it, or the last that polled, was refused or came to nothing; None if all is well."""
        with self.engine.connect() as connection:
            return measures.trouble(connection)

    def waiting(self) -> Waiting:
        """Return how much waits: pushes, hints, bookings."""
        with self.engine.connect() as connection:
            return measures.waiting(connection)

    def companies_like(self, wanted: Mapping[str, int | str], limit: int) -> list[dict[str, object]]:
        """Return the first Companies by id that have all of these fields (see `companies.SHOWN`)."""
        with self.engine.connect() as connection:
            return companies.companies_like(connection, wanted, limit)

    def company_name(self, id_: int) -> str | None:
        """Return the name of a Company; None when there is none of this id."""
        with self.engine.connect() as connection:
            return companies.company_name(connection, id_)

    def company_of_client(self, client_id: int) -> int | None:
        """Return the Company of a cligency; None when Hermes does not know it."""
        with self.engine.connect() as connection:
            return companies.company_of_client(connection, client_id)

    # lease

    def acquire_lease(self, *, holder: str, now: datetime, ttl: timedelta, name: str = leases.RIGHT_TO_RUN) -> Lease:
        """Take the right to run a pass, or the one of that name; raises `LeaseHeld` while another has it."""
        with writing(self.engine) as connection:
            return leases.acquire(connection, name=name, holder=holder, now=now, ttl=ttl)

    def current_lease(self, now: datetime, name: str = leases.RIGHT_TO_RUN) -> Lease | None:
        """Return the lease of a pass, or the one of that name, if it is held now."""
        with self.engine.connect() as connection:
            return leases.current(connection, now, name)

    def renew_lease(self, lease: Lease, now: datetime, ttl: timedelta) -> None:
        """Keep the lease until `ttl` from now; raises `LeaseHeld` when another has taken it over."""
        with writing(self.engine) as connection:
            leases.renew(connection, lease, now=now, ttl=ttl)

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back."""
        with writing(self.engine) as connection:
            leases.release(connection, lease)

    # round robin

    def last_sales_person(self, price_plan: str) -> int | None:
        """Return the sales person of the newest Company of a plan that has one; None while none has."""
        return turns.last_sales_person(self.engine, price_plan)

    def last_support_person(self) -> int | None:
        """Return the support person of the newest Company that has one; None while none has."""
        return turns.last_support_person(self.engine)

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

    def pass_of(self, id_: int) -> PassRow | None:
        """Return one pass; None if there is none of this number."""
        with self.engine.connect() as connection:
            return passes.pass_of(connection, id_)

    def rules_of_pass(self, id_: int) -> list[RuleCount]:
        """Return how much each rule asked for in one pass."""
        with self.engine.connect() as connection:
            return rules_of_pass(connection, id_)

    def search(self, said: str, limit: int) -> list[Found]:
        """Return the Companies and Contacts that fit what people know of them, best first."""
        with self.engine.connect() as connection:
            return search(connection, said, limit)

    def companies_with_both(self) -> Iterator[tuple[Company, Org]]:
        """Yield the Companies that have a cligency and a living Org, by id, with that Org as last seen."""
        return pairs.companies_with_both(self.engine)
