"""What `explain`, `history` and `retry` print for people, and the drift of `status`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.text import Text

from hermes_sync.core.drift import Drifts
from hermes_sync.core.plan import Verb
from hermes_sync.core.values import is_nothing
from hermes_sync.reports.times import time_text
from hermes_sync.reports.values import differences, shown

if TYPE_CHECKING:
    from hermes_sync.store import Entry, JournalPush, Lease, Link, PassRow, PushFate, Story

Sentences = Mapping[str, str]
"""Rule id → its sentence; a rule of an earlier table may be missing."""

COUNTED: Final = (
    ("create", "created"),
    ("update", "updated"),
    ("delete", "deleted"),
    ("push", "to push"),
    ("deferred", "deferred"),
    ("refused", "refused"),
)
"""What a pass counts, and how people say it."""

_STATES: Final = {
    "planned": "not sent yet",
    "started": "perhaps sent",
    "settled": "carried out",
    "deferred": "waits",
    "refused": "refused",
    "superseded": "replaced by a newer one, or no longer needed",
}
_STYLES: Final = {"settled": "green", "refused": "red", "superseded": "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Passes, newest first, and the lease that is held now, if one is."""

    passes: Sequence["PassRow"]
    running: "Lease | None"

    def state_of(self, one: "PassRow") -> str:
        """Return ended, running or interrupted; only a pass that began under the lease held now can be running."""
        if one.ended_at is not None:
            return "ended"
        is_running = self.running is not None and self.running.acquired_at <= one.started_at
        return "running" if is_running else "interrupted"


def story_lines(story: "Story", sentences: Sentences) -> Iterator[Text]:
    """Yield the lines of a story: each entry of the journal, then what the object is now and its links."""
    yield Text(str(story.subject), "bold")
    is_told, made_by = False, None
    for entry in story.entries:
        is_told = True
        yield from _entry_lines(entry, sentences)
        if _made(entry, story):
            made_by = entry.pass_id
    if not is_told:
        yield Text("  the journal says nothing of it")
    yield from _end_lines(story, made_by)


def _made(entry: "Entry", story: "Story") -> bool:
    """Whether this is the push that made the remote object whose story is told."""
    if entry.push is None or entry.push.receipt is None or entry.verb is not Verb.CREATE:
        return False
    return f"{entry.system}:{entry.object}:{entry.push.receipt.remote_id}" == str(story.subject)


def _entry_lines(entry: "Entry", sentences: Sentences) -> Iterator[Text]:
    key = ", ".join(f"{name} {value}" for name, value in entry.key.items())
    thing = f"{entry.object} {entry.hermes_id}" if entry.push is None else f"{entry.system} {entry.object}"
    yield Text.assemble(
        f"{time_text(entry.at)}  pass {entry.pass_id}  ",
        ("push, " if entry.push else "", "bold"),
        (entry.verb, "bold"),
        f" {thing} ({key})  because of {entry.cause}",
    )
    for rule in entry.rules:
        yield Text.assemble(f"    {rule}", (f"  {sentences[rule]}" if rule in sentences else "", "dim"))
    for change in entry.changes:
        for one in differences(change):
            yield Text.assemble(f"      {one.name}: ", one.before, (" → ", "dim"), one.after)
    if entry.push is not None:
        yield from _fate_lines(entry.push)


def _fate_lines(push: "PushFate") -> Iterator[Text]:
    times = f"{push.attempts} time{'' if push.attempts == 1 else 's'}"
    due = f", not before {time_text(push.due_at)}" if push.state == "deferred" and push.due_at else ""
    said = f"; {push.reason}" if push.reason else ""
    yield Text(
        f"    {_STATES.get(push.state, push.state)}, tried {times}{due}{said}", _STYLES.get(push.state, "yellow")
    )
    if push.receipt is not None:
        left_out = f", without {', '.join(push.receipt.left_out)}" if push.receipt.left_out else ""
        yield Text(f"    receipt: id {push.receipt.remote_id}{left_out}", "dim")
        for notice in push.receipt.notices:
            yield Text(f"    {notice.code}: {notice.message}", "dim")


def _end_lines(story: "Story", made_by: int | None) -> Iterator[Text]:
    if story.is_gone:
        when = f" since {time_text(story.gone_at)}" if story.gone_at else ""
        yield Text(f"It is gone{when}" + ("; what it was" if story.fields else ""), "bold")
    elif story.fields is None and made_by is not None:
        yield Text(f"Pass {made_by} created it, with what its push says; it was not read since", "bold")
    elif story.fields is None:
        yield Text("It was never read", "bold")
    else:
        yield Text(
            "What it is now" if story.read_at is None else f"What it is, read {time_text(story.read_at)}", "bold"
        )
    for name, value in (story.fields or {}).items():
        if not is_nothing(value):
            yield Text(f"  {name}: {shown(value)}")
    yield Text("Linked to" + (f": {', '.join(map(_link, story.links))}" if story.links else " nothing"), "bold")


def _link(link: "Link") -> str:
    if link.is_there is None:
        return f"{link.name} (not read yet)"
    return link.name if link.is_there else f"{link.name} (gone)"


def history_lines(history: History) -> Iterator[Text]:
    """Yield one line for each pass."""
    if not history.passes:
        yield Text("no pass yet; `hermes-sync reconcile` runs one")
    for one in history.passes:
        state = history.state_of(one)
        said = f"{one.result}, exit {one.exit_code}" if state == "ended" else state
        seconds = seconds_of(one)
        took = "" if seconds is None else f"{seconds:.1f} s  "
        parts = [f"{count(one, key)} {word}" for key, word in COUNTED if count(one, key)]
        if state == "ended":
            parts += list(_costs(one))
        yield Text(
            f"pass {one.id}  {time_text(one.started_at)}  {took}{one.scope}  {said}"
            + (f"  {', '.join(parts)}" if parts else ""),
            "" if state != "interrupted" and one.exit_code in (0, None) else "yellow",
        )
        if error := one.counts.get("error"):
            yield Text(f"    {error}", "yellow")


def seconds_of(one: "PassRow") -> float | None:
    """Return how long a pass took, None for one that did not end."""
    return None if one.ended_at is None else (one.ended_at - one.started_at).total_seconds()


def _costs(one: "PassRow") -> Iterator[str]:
    yield f"{count(one, 'pipedrive_requests')} requests to Pipedrive ({count(one, 'pipedrive_tokens')} tokens)"
    yield f"{count(one, 'tc2_requests')} to TC2"
    if one.notices:
        yield f"{len(one.notices)} notice{'' if len(one.notices) == 1 else 's'}"


def count(one: "PassRow", name: str) -> int:
    """Return what a pass counted under a name; 0 where it says nothing."""
    value = one.counts.get(name)
    return value if isinstance(value, int) else 0


def retried_lines(pushes: Sequence["JournalPush"]) -> Iterator[Text]:
    """Yield which refused pushes the next pass tries again."""
    if not pushes:
        yield Text("No push stands refused; there is nothing to try again")
        return
    many = "1 refused push" if len(pushes) == 1 else f"{len(pushes)} refused pushes"
    yield Text(f"The next pass tries {many} again, with what is then to be said", "bold")
    for push in pushes:
        key = ", ".join(f"{name} {value}" for name, value in push.key.items())
        fields = ", ".join(change.field for change in push.changes)
        yield Text(f"  {push.verb} {push.kind.system} {push.kind} ({key})  {fields}  {push.rule}")
        if push.reason:
            yield Text(f"      was refused: {push.reason}", "yellow")


def drift_lines(drifts: Drifts) -> Iterator[Text]:
    """Yield which fields of TC2 somebody edited in Pipedrive."""
    if not drifts.count:
        yield Text("Drift (fields of TC2's that say something else in Pipedrive): none", "bold")
        return
    yield Text(
        f"Drift (fields of TC2's that say something else in Pipedrive, until the cligency changes): {drifts.count}",
        "bold",
    )
    for one in drifts.examples:
        yield Text(
            f"  company {one.company_id}, pipedrive:organization:{one.org_id}  {one.field}: "
            f"Hermes {shown(one.hermes)}, Pipedrive {shown(one.pipedrive)}"
        )
    if drifts.count > len(drifts.examples):
        yield Text(f"  … and {drifts.count - len(drifts.examples)} more")
