"""Pull: read what changed in both remotes into the draft (semantics 2, 4 and 6).

Pages go by one at a time; the draft keeps what differs from last-seen. Parents are read before their children, so
that a complete read never takes a child that moved for one that lost its Org.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.cycle.account_fields import FieldMap, learn_fields
from hermes_sync.cycle.clients import Clients
from hermes_sync.cycle.hinted import Hinted, never
from hermes_sync.cycle.missing import prove
from hermes_sync.cycle.outgoing import in_doubt
from hermes_sync.cycle.reader import LISTED, WHOLE, Reader
from hermes_sync.cycle.relatives import follow_joined_ids, read_unknown_orgs, reread_children
from hermes_sync.ports import Page, Reading
from hermes_sync.store import Cursor, JournalPush


@dataclass(slots=True, kw_only=True)
class Pull:
    """One pull of one pass."""

    reader: Reader
    fields: FieldMap
    booking_waits: Callable[[], bool] = never
    """Whether a booking has come in since the pass began: what can wait is left to the next pass."""
    hinted: Hinted = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing hinted."""
        reader = self.reader
        self.hinted = Hinted(
            store=reader.store, pipedrive=reader.pipedrive, tc2=reader.tc2, booking_waits=self.booking_waits
        )

    def run(self) -> None:
        """Read everything that this pass looks at; what it leaves besides the draft is in the reader's `pulled`.

        Raises RemoteUnavailable, RemoteRefused or RemoteDenied when a read breaks off: nothing is kept then.
        """
        reader = self.reader
        reader.cursors = reader.store.cursors()
        if reader.reach.sparing:
            message = "the day's token budget is nearly spent: complete reads and pushes to Pipedrive wait for tomorrow"
            reader.say("budget-low", message)
        learn_fields(reader, self.fields)
        before = reader.pipedrive.usage.tokens
        self._read_doubtful()
        reader.pulled.doubtful = reader.pipedrive.usage.tokens - before
        self._read_hinted()
        if not reader.scope.hinted_only:
            for kind in (*WHOLE, *LISTED):
                self._read_kind(kind)
        Clients(reader=reader, hinted=self.hinted, booking_waits=self.booking_waits).read()
        follow_joined_ids(reader)
        reread_children(reader, RemoteKind.PERSON)
        reread_children(reader, RemoteKind.ORGANIZATION)
        read_unknown_orgs(reader)

    def _read_hinted(self) -> None:
        most = 0 if self.reader.reach.sparing else self.reader.reach.for_hints
        anyway = () if self.reader.scope.hinted_only else WHOLE
        for number, reading in enumerate(self.hinted.read(most_tokens=most, read_anyway=anyway)):
            self.reader.keep(reading.ref.kind, [reading])
            self.reader.progress.report("reading what webhooks named", number + 1)
        self.reader.pulled.notices.extend(self.hinted.notices)

    def _read_doubtful(self) -> None:
        """Read what an earlier pass perhaps wrote: it is written again only where it is not there.

        A create that was perhaps sent is looked for by its `hermes_id`; what is found is adopted by the ladder's
        rung of that name (semantics 5.2).
        """
        for push in self.reader.store.open_pushes():
            if in_doubt(push) and push.kind is RemoteKind.ACTIVITY:
                self._find_activity(push)
            elif in_doubt(push):
                found = self._find(push)
                self.reader.keep(push.kind, found)
                self._note_unclear(push, [one.ref for one in found if one.record is None])
            elif push.remote_id is not None and push.state != "planned":
                self.reader.keep(push.kind, [self.reader.get(push.kind, push.remote_id)])

    def _find(self, push: JournalPush) -> Sequence[Reading]:
        if "hermes_id" in self.fields.get(push.kind, {}):
            return self.reader.pipedrive.find(push.kind, push.hermes_id)
        message = (
            f"the {push.kind} of Hermes id {push.hermes_id} was perhaps created, and without "
            f"pipedrive.fields.{push.kind}.hermes_id it can't be looked for: it may be there twice after this pass"
        )
        self.reader.say("create-in-doubt", message)
        return ()

    def _note_unclear(self, push: JournalPush, odd: Sequence[Ref]) -> None:
        """Leave a create in doubt where its object perhaps is one that nobody can read: made anew it would be twice."""
        if odd:
            self.reader.pulled.unclear.add(push.id)
            message = (
                f"the {push.kind} of Hermes id {push.hermes_id} was perhaps created, and is perhaps {odd[0]}, which "
                "can't be read: until it is corrected in Pipedrive none is created"
            )
            self.reader.say("create-in-doubt", message, *odd)

    def _find_activity(self, push: JournalPush) -> None:
        """Look for the Activity that a push perhaps made, by what it was to say; the first that is nobody's is it."""
        found = self.reader.pipedrive.find_activities({one.field: one.after for one in push.changes})
        taken = self.reader.store.taken(push.kind, found) | {id_ for _, id_ in self.reader.draft.adopted.values()}
        free = [id_ for id_ in found if id_ not in taken]
        if free:
            self.reader.draft.adopt(push, free[0])

    def _read_kind(self, kind: RemoteKind) -> None:
        cursor = self.reader.cursor(kind)
        if kind in WHOLE or self.reader.is_complete(kind):
            self._read_complete(kind, cursor)
        else:
            self._read_since(kind, cursor)

    def _read_since(self, kind: RemoteKind, cursor: Cursor) -> None:
        asked = self.reader.scope.since
        start = asked if asked is not None else cursor.since - self.reader.reach.overlap if cursor.since else None
        reached: datetime | None = None
        for pages in self._chains(kind, start):
            for number, page in enumerate(pages):
                if reached is None and number == 0:
                    reached = page.server_time
                self.reader.keep(kind, self.hinted.not_outdated(page.readings))
        # Reading from a later point than the cursor leaves a gap behind it: the cursor stays before the gap.
        leaves_a_gap = asked is not None and (cursor.since is None or asked > cursor.since)
        if reached is not None and not leaves_a_gap:
            self.reader.pulled.cursors[kind] = Cursor(since=reached, complete_at=cursor.complete_at)

    def _chains(self, kind: RemoteKind, since: datetime | None) -> Iterator[Iterable[Page]]:
        yield self.reader.pipedrive.pages(kind, since=since)
        if kind is RemoteKind.DEAL:
            # An archived deal leaves the list without being deleted (facts 5): it has one of its own.
            yield self.reader.pipedrive.pages(kind, since=since, archived=True)

    def _read_complete(self, kind: RemoteKind, cursor: Cursor) -> None:
        self.reader.pulled.is_complete = self.reader.pulled.is_complete or kind in LISTED
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
                    known = self.reader.store.digests_between(kind, highest, top)
                    missing |= known.keys()
                    highest = top
                known |= self.reader.store.digests(kind, [id_ for id_ in ids if id_ not in known])
                missing.difference_update(ids)
                self.reader.keep(kind, self.hinted.not_outdated(page.readings), known)
                read += len(ids)
                self.reader.progress.report(f"reading {kind}s", read)
            if number == 0:
                missing |= self.reader.store.digests_between(kind, highest, None).keys()
        trusted = prove(self.reader, kind, missing)
        if reached is not None:
            complete_at = self.reader.clock.now() if trusted else cursor.complete_at
            self.reader.pulled.cursors[kind] = Cursor(since=reached, complete_at=complete_at)
