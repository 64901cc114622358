"""Pull: read what changed in both remotes into the draft (semantics 2, 4 and 6).

Pages go by one at a time; the draft keeps what differs from last-seen. Parents are read before their children, so
that a complete read never takes a child that moved for one that lost its Org.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

from hermes_sync.core.changes import Why
from hermes_sync.core.records import Notice, Org, Person, Ref, RemoteKind
from hermes_sync.core.safety import CHECKED_FROM, Limits
from hermes_sync.core.values import ids_in
from hermes_sync.cycle.hinted import KEPT, Hinted, never
from hermes_sync.cycle.outcome import Scope
from hermes_sync.cycle.outgoing import in_doubt
from hermes_sync.ports import (
    Clock,
    FieldDefinition,
    FieldDefinitions,
    Page,
    Progress,
    Reading,
    RemoteRefused,
    RemoteUnavailable,
)
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.store import DOUBTED, Cursor, Draft, JournalPush, SqlStore

T = TypeVar("T")

FIELDS_LAST: Final = timedelta(days=1)
"""How long the account's field metadata is taken as true (semantics 3: "once a day")."""

_WHOLE: Final = (RemoteKind.PIPELINE, RemoteKind.STAGE)
_LISTED: Final = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)
_DETAILS_AT_ONCE: Final = 50
_PROOFS: Final = 500
"""So many missing objects are asked for, one token each, before a plan that is refused anyway is left at that."""

_CLIENTS_A_PAGE: Final = 100

_SINGLE_GETS: Final = 10
"""Up to so many objects are read one by one (1 token each); more in one list call by ids (10 tokens)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a pull reads: the settings behind it."""

    overlap: timedelta
    sweep_interval: timedelta
    sweep_per_pass: int
    limits: Limits
    force: bool = False
    sparing: bool = False
    """Whether the day's tokens are nearly spent: complete reads that nobody asked for wait (facts 5)."""
    for_hints: int | None = None
    """How many of the day's tokens may go into reading what webhooks named; None is no limit."""


@dataclass(slots=True)
class Pulled:
    """What a pull leaves besides the changes in the draft: cursors, metadata and notices."""

    cursors: dict[RemoteKind, Cursor] = field(default_factory=dict)
    definitions: dict[RemoteKind, dict[str, FieldDefinition]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    disabled: dict[RemoteKind, set[str]] = field(default_factory=dict)
    """Mapped fields that the account does not have, by Hermes name."""
    is_complete: bool = False
    """Whether a list of Pipedrive was read whole that is otherwise read by what changed."""
    doubtful: int = 0
    """Tokens that it took to look for what an earlier pass perhaps wrote."""


@dataclass(slots=True, kw_only=True)
class Pull:
    """One pull of one pass."""

    store: SqlStore
    draft: Draft
    pipedrive: PipedriveRemote
    tc2: Tc2Remote
    clock: Clock
    reach: Reach
    scope: Scope
    progress: Progress
    fields: Mapping[RemoteKind, Mapping[str, str]]
    """Hermes name → key of the custom field, by kind, as the config maps them."""
    booking_waits: Callable[[], bool] = never
    """Whether a booking has come in since the pass began: what can wait is left to the next pass."""
    pulled: Pulled = field(default_factory=Pulled)
    cursors: dict[RemoteKind, Cursor] = field(default_factory=dict)
    joined: dict[Ref, tuple[int, ...]] = field(default_factory=dict)
    """Orgs and Persons whose `hermes_id` names what others are linked to, and those others."""
    hinted: Hinted = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing hinted."""
        self.hinted = Hinted(store=self.store, pipedrive=self.pipedrive, tc2=self.tc2, booking_waits=self.booking_waits)

    def run(self) -> Pulled:
        """Read everything that this pass looks at.

        Raises RemoteUnavailable, RemoteRefused or RemoteDenied when a read breaks off: nothing is kept then.
        """
        self.cursors = self.store.cursors()
        if self.reach.sparing:
            message = "the day's token budget is nearly spent: complete reads and pushes to Pipedrive wait for tomorrow"
            self.pulled.notices.append(Notice(code="budget-low", message=message))
        self._learn_fields()
        before = self.pipedrive.usage.tokens
        self._read_doubtful()
        self.pulled.doubtful = self.pipedrive.usage.tokens - before
        self._read_hinted()
        if not self.scope.hinted_only:
            for kind in (*_WHOLE, *_LISTED):
                self._read_kind(kind)
        self._read_clients()
        self._follow_joined_ids()
        self._reread_children(RemoteKind.PERSON)
        self._reread_children(RemoteKind.ORGANIZATION)
        self._read_unknown_orgs()
        return self.pulled

    # -- the account's own words

    def _learn_fields(self) -> None:
        """Read field metadata that is missing or doubted, and at most one kind older than a day (8 requests a pass).

        Before a complete read it is read anew: a field that is gone would seem empty in every object there.
        """
        now = self.clock.now()
        known = self.store.field_definitions()
        self.pipedrive.know({kind: definitions for kind, (_, definitions) in known.items()})
        mapped = [kind for kind in _LISTED if self.fields.get(kind)]
        wanted = {kind for kind in mapped if kind not in known or known[kind][0] == DOUBTED}
        missing = [kind for kind in mapped if kind in wanted or self._is_complete_for(kind)]
        stale = [kind for kind in mapped if kind not in missing and _is_due(known[kind][0], FIELDS_LAST, now)]
        oldest = [] if self.scope.hinted_only else sorted(stale, key=lambda kind: known[kind][0])[:1]
        for kind in (*missing, *oldest):
            try:
                self.pulled.definitions[kind] = dict(self.pipedrive.read_definitions(kind))
            except (RemoteRefused, RemoteUnavailable) as error:
                message = f"the metadata of {kind} fields can't be read ({error}): values are taken as they come"
                self.pulled.notices.append(Notice(code="no-field-metadata", message=message))
                break  # if Pipedrive is away, the read that follows says so
        fresh = {kind: definitions for kind, (_, definitions) in known.items()} | self.pulled.definitions
        self.pipedrive.know(fresh)
        self._disable_gone_fields(fresh)

    def _disable_gone_fields(self, fresh: FieldDefinitions) -> None:
        """Stop syncing a mapped field that the account does not have: empty would be taken for cleared.

        Metadata that knows none of a kind's fields is itself what is wrong, and disables nothing.
        """
        for kind, definitions in fresh.items():
            mapped = self.fields.get(kind, {})
            for name, key in mapped.items():
                if key not in definitions and definitions.keys() & set(mapped.values()):
                    self.pulled.disabled.setdefault(kind, set()).add(name)
                    message = (
                        f"Pipedrive has no {kind} field {key}: {name} is not synced until "
                        f"[pipedrive.fields.{kind}] names one that is there"
                    )
                    self.pulled.notices.append(Notice(code="field-gone", message=message))

    def _read_hinted(self) -> None:
        most = 0 if self.reach.sparing else self.reach.for_hints
        anyway = () if self.scope.hinted_only else _WHOLE
        for number, reading in enumerate(self.hinted.read(most_tokens=most, read_anyway=anyway)):
            self._keep(reading.ref.kind, [reading])
            self.progress.report("reading what webhooks named", number + 1)
        self.pulled.notices.extend(self.hinted.notices)

    def _read_doubtful(self) -> None:
        """Read what an earlier pass perhaps wrote: it is written again only where it is not there.

        A create that was perhaps sent is looked for by its `hermes_id`; what is found is adopted by the ladder's
        rung of that name (semantics 5.2).
        """
        for push in self.store.open_pushes():
            if in_doubt(push) and push.kind is RemoteKind.ACTIVITY:
                self._find_activity(push)
            elif in_doubt(push):
                self._keep(push.kind, self._find(push))
            elif push.remote_id is not None and push.state != "planned":
                self._keep(push.kind, [self._get(push.kind, push.remote_id)])

    def _find(self, push: JournalPush) -> Sequence[Reading]:
        if "hermes_id" in self.fields.get(push.kind, {}):
            return self.pipedrive.find(push.kind, push.hermes_id)
        message = (
            f"a {push.kind} for Hermes {push.hermes_id} was perhaps created, and without "
            f"pipedrive.fields.{push.kind}.hermes_id it can't be looked for: it may be there twice after this pass"
        )
        self.pulled.notices.append(Notice(code="create-in-doubt", message=message))
        return ()

    def _find_activity(self, push: JournalPush) -> None:
        """Look for the Activity that a push perhaps made, by what it was to say; the first that is nobody's is it."""
        found = self.pipedrive.find_activities({one.field: one.after for one in push.changes})
        taken = self.store.taken(push.kind, found) | {id_ for _, id_ in self.draft.adopted.values()}
        free = [id_ for id_ in found if id_ not in taken]
        if free:
            self.draft.adopt(push, free[0])

    # -- Pipedrive

    def _read_kind(self, kind: RemoteKind) -> None:
        cursor = self.cursors.get(kind, Cursor(since=None, complete_at=None))
        if kind in _WHOLE or self._is_complete(cursor):
            self._read_complete(kind, cursor)
        else:
            self._read_since(kind, cursor)

    def _is_complete_for(self, kind: RemoteKind) -> bool:
        return self._is_complete(self.cursors.get(kind, Cursor(since=None, complete_at=None)))

    def _is_complete(self, cursor: Cursor) -> bool:
        """Whether this pass reads a kind whole: asked to, for the first time, or because it is due."""
        if self.scope.full:
            return True
        is_partial = self.scope.since is not None or self.scope.hinted_only
        if is_partial or (self.reach.sparing and cursor.complete_at is not None):
            return False
        return cursor.complete_at is None or _is_due(cursor.complete_at, self.reach.sweep_interval, self.clock.now())

    def _read_since(self, kind: RemoteKind, cursor: Cursor) -> None:
        asked = self.scope.since
        start = asked if asked is not None else cursor.since - self.reach.overlap if cursor.since else None
        reached: datetime | None = None
        for pages in self._chains(kind, start):
            for number, page in enumerate(pages):
                if reached is None and number == 0:
                    reached = page.server_time
                self._keep(kind, self.hinted.not_outdated(page.readings))
        # Reading from a later point than the cursor leaves a gap behind it: the cursor stays before the gap.
        leaves_a_gap = asked is not None and (cursor.since is None or asked > cursor.since)
        if reached is not None and not leaves_a_gap:
            self.pulled.cursors[kind] = Cursor(since=reached, complete_at=cursor.complete_at)

    def _chains(self, kind: RemoteKind, since: datetime | None) -> Iterator[Iterable[Page]]:
        yield self.pipedrive.pages(kind, since=since)
        if kind is RemoteKind.DEAL:
            # An archived deal leaves the list without being deleted (facts 5): it has one of its own.
            yield self.pipedrive.pages(kind, since=since, archived=True)

    def _read_complete(self, kind: RemoteKind, cursor: Cursor) -> None:
        self.pulled.is_complete = self.pulled.is_complete or kind in _LISTED
        reached: datetime | None = None
        missing: set[int] = set()
        read, highest = 0, 0
        for number, pages in enumerate(self._chains(kind, None)):
            for page in pages:
                reached = reached or page.server_time
                ids = [reading.ref.id for reading in page.readings]
                top = max(ids, default=highest)
                known: dict[int, str] = {}
                if number == 0 and top > highest:
                    known = self.store.digests_between(kind, highest, top)
                    missing |= known.keys()
                    highest = top
                known |= self.store.digests(kind, [id_ for id_ in ids if id_ not in known])
                missing.difference_update(ids)
                self._keep(kind, self.hinted.not_outdated(page.readings), known)
                read += len(ids)
                self.progress.report(f"reading {kind}s", read)
            if number == 0:
                missing |= self.store.digests_between(kind, highest, None).keys()
        trusted = self._prove(kind, missing)
        if reached is not None:
            complete_at = self.clock.now() if trusted else cursor.complete_at
            self.pulled.cursors[kind] = Cursor(since=reached, complete_at=complete_at)

    # -- deletions

    def _prove(self, kind: RemoteKind, missing: Collection[int]) -> bool:
        """Ask for each missing object whether it is gone; return whether the complete read can be trusted.

        When more are missing than the safety limits allow, one that turns out to live is enough: the list was wrong and
        proves nothing (semantics 4). Of very many only so many are asked for as make a plan that is refused anyway.
        """
        if not missing:
            return True
        most = self._most_deletions(kind)
        doubted = len(missing) > most and not self.reach.force
        gone = 0
        for number, id_ in enumerate(sorted(missing)):
            reading = self._get(kind, id_)
            self._keep(kind, [reading])
            gone += reading.is_gone
            self.progress.report(f"asking for missing {kind}s", number + 1, len(missing))
            if doubted and not reading.is_gone:
                self._distrust(kind, len(missing), reading.ref)
                return False
            if doubted and gone > most and number + 1 >= _PROOFS:
                self._stop_asking(kind, gone, len(missing))
                return False
        return True

    def _stop_asking(self, kind: RemoteKind, gone: int, missing: int) -> None:
        message = (
            f"{missing} known {kind}s are missing and the first {gone} of them are gone: more than one pass may "
            "delete, so the rest was not asked for; with --force all of them are"
        )
        self.pulled.notices.append(Notice(code="many-missing", message=message))

    def _most_deletions(self, kind: RemoteKind) -> int:
        """How many deletions of a kind one pass may carry out."""
        living = self.store.count_living(kind)
        limits = self.reach.limits
        share = int(living * limits.max_delete_percent / 100) if living >= CHECKED_FROM else living
        return min(limits.max_deletes, share)

    def _distrust(self, kind: RemoteKind, missing: int, living: Ref) -> None:
        message = (
            f"the complete read of {kind}s lacks {missing} known ones, but {living} lives: the list proves nothing, "
            "no more of them were looked for; the next complete read tries again"
        )
        self.pulled.notices.append(Notice(code="untrusted-read", message=message, refs=(str(living),)))

    def _follow_joined_ids(self) -> None:
        """Ask for the losers of merges: the winner has their `hermes_id` now, alone or beside its own (semantics 4)."""
        for winner, others in list(self.joined.items()):
            for id_ in others:
                reading = self._get(winner.kind, id_)
                self._keep(winner.kind, [reading])
                if reading.is_gone:
                    self.draft.merge(reading.ref, winner)
                elif reading.record is not None:
                    self._tell_of_copy(winner, reading.ref)

    def _tell_of_copy(self, copy: Ref, original: Ref) -> None:
        """Two that live have one `hermes_id`: people copied one, or a proxy carried a create out twice."""
        message = (
            f"{copy} has the hermes_id of {original}, and both live: it is kept as one of its own, and nothing of the "
            "other is written to it. If it is a copy, merge the two in Pipedrive or delete it; else empty its hermes_id"
        )
        self.pulled.notices.append(Notice(code="hermes-id-twice", message=message, refs=(str(copy), str(original))))

    def _reread_children(self, kind: RemoteKind) -> None:
        """Read again what last-seen knows under an Org or Person that is gone: a merge may have moved it.

        Where all that lived under it names one and the same other now, it was merged into that (semantics 4): a
        numeric `hermes_id` does not say so, nor does a winner that was read before the merge.
        """
        for id_ in self.draft.gone(kind):
            gone = Ref(kind, id_)
            children = self.store.children(gone)
            for child_kind, ids in children.items():
                held = self.draft.holds(child_kind, ids)
                self._read_ids(child_kind, [one for one in ids if one not in held])
            heirs = self.draft.parents(kind, children)
            heir = heirs.pop() if len(heirs) == 1 else None
            if gone in self.draft.merged_into or heir is None or heir == id_:
                continue
            reading = self._get(kind, heir)
            self._keep(kind, [reading])
            if not reading.is_gone:  # who inherits may be gone as well, before anybody saw it
                self.draft.merge(gone, reading.ref)

    def _read_ids(self, kind: RemoteKind, ids: Sequence[int], why: Why = Why.SEEN) -> None:
        """Read these objects; what a list by ids leaves out is asked for by itself."""
        left = list(ids)
        if len(ids) > _SINGLE_GETS:
            answered = list(self.pipedrive.get_many(kind, ids))
            self._keep(kind, answered, why=why)
            found = {reading.ref.id for reading in answered}
            left = [id_ for id_ in ids if id_ not in found]
        for id_ in left:
            self._keep(kind, [self._get(kind, id_)], why=why)

    def _read_unknown_orgs(self) -> None:
        """Row `extra/pd.unknown-org`: read an Org that a Deal or Person names and that was never seen."""
        for ids in self.draft.named_orgs():
            self._read_ids(RemoteKind.ORGANIZATION, ids, Why.UNKNOWN_ORG)

    # -- TC2

    def _read_clients(self) -> None:
        turn: Sequence[int] = ()
        if self.scope.hinted_only:
            turn = self._whose_turn(besides=())
            self._read_details(turn, may_wait=turn)
            return
        cursor = self.cursors.get(RemoteKind.CLIENT, Cursor(since=None, complete_at=None))
        complete = self._is_complete(cursor)
        listed, new = self._list_clients(complete=complete)
        hinted = self.hinted.clients()
        wanted = dict.fromkeys(sorted(new - hinted))
        if self.scope.full:
            wanted |= dict.fromkeys(sorted(listed))
        elif self.scope.since is not None:
            wanted |= dict.fromkeys(self.store.unread_since(self.scope.since))
        else:
            turn = self._whose_turn(besides=new, listed=len(listed))
            wanted |= dict.fromkeys(turn)
        self._read_details(list(wanted), may_wait=() if complete else turn)
        if complete:
            known = self.store.digests_between(RemoteKind.CLIENT, 0, None).keys()
            missing = known - listed - wanted.keys() - hinted
            trusted = self._prove(RemoteKind.CLIENT, missing)
            complete_at = self.clock.now() if trusted else cursor.complete_at
            self.pulled.cursors[RemoteKind.CLIENT] = Cursor(since=None, complete_at=complete_at)

    def _whose_turn(self, besides: Collection[int], listed: int = 0) -> list[int]:
        """Return the clients of the rolling reading that nobody named and that are not new.

        A pass that was told how many reads so many fewer as the list had full pages: each was a request as well. Nor
        does it read more than TC2 still allows in this minute: whoever tells it so is back in the next one.
        """
        told = self.scope.sweep
        most = self.reach.sweep_per_pass
        if told is not None:
            most = max(0, min(told - listed // _CLIENTS_A_PAGE, self.tc2.room() - KEPT))
        left_out = self.hinted.clients() | set(besides)
        return self.store.clients_to_read_again(most, now=self.clock.now(), besides=left_out)

    def _list_clients(self, *, complete: bool) -> tuple[set[int], set[int]]:
        """Return listed and new ids: all pages, or newest first until a page holds only known ones (semantics 6)."""
        listed: set[int] = set()
        new: set[int] = set()
        number = 1
        while True:
            page = self.tc2.page(number)
            fresh = set(page.ids) - self.store.known(RemoteKind.CLIENT, page.ids)
            listed.update(page.ids)
            new |= fresh
            self.progress.report("listing clients", len(listed), page.count)
            if page.is_last or (not complete and not fresh):
                return listed, new
            number += 1

    def _read_details(self, ids: Sequence[int], may_wait: Collection[int] = ()) -> None:
        """Read these clients; no more of those that may wait once a booking has come in."""
        done = 0
        for some in _stretches(ids, _DETAILS_AT_ONCE):
            readings: list[Reading] = []
            for id_ in some:
                if id_ in may_wait and self.booking_waits():
                    continue
                readings.append(self.tc2.get(id_))
                done += 1
                self.progress.report("reading clients", done, len(ids))
            self._keep(RemoteKind.CLIENT, readings)

    # -- both

    def _get(self, kind: RemoteKind, id_: int) -> Reading:
        return self.tc2.get(id_) if kind is RemoteKind.CLIENT else self.pipedrive.get(kind, id_)

    def _keep(
        self,
        kind: RemoteKind,
        readings: Sequence[Reading],
        known: dict[int, str] | None = None,
        why: Why | None = None,
    ) -> None:
        if kind in {RemoteKind.ORGANIZATION, RemoteKind.PERSON}:
            self._note_joined(kind, readings)
        self.pulled.notices.extend(notice for reading in readings for notice in reading.notices)
        looked_again = self.scope.full or self.scope.since is not None
        self.draft.compare(
            kind,
            readings,
            why=why or (Why.RELOOK if looked_again else Why.SEEN),
            read_at=self.clock.now(),
            known=known,
        )

    def _note_joined(self, kind: RemoteKind, readings: Sequence[Reading]) -> None:
        """Note who names a Company or Contact that is linked to another: the winner of a merge, or a copy."""
        named: dict[Ref, tuple[int, ...]] = {}
        for reading in readings:
            if isinstance(reading.record, Org | Person) and (ids := ids_in(reading.record.hermes_id)):
                named[reading.ref] = ids
        if not named:
            return
        links = self.store.linked(kind, {id_ for ids in named.values() for id_ in ids})
        for ref, ids in named.items():
            others = tuple(links[id_] for id_ in ids if links.get(id_, ref.id) != ref.id)
            if others:
                self.joined[ref] = others


def _is_due(last: datetime, every: timedelta, now: datetime) -> bool:
    """Whether something is to be done again; a time to come was written by a clock that was wrong."""
    return not timedelta(0) <= now - last < every


def _stretches(ids: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(ids)
    while some := list(islice(iterator, size)):
        yield some
