"""`explain`, `history` and `retry`: what the journal says, and having refused pushes tried again."""

import sys

from hermes_sync import bootstrap, reports
from hermes_sync.clock import SystemClock
from hermes_sync.core.objects import Kind
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.rules import all_rules
from hermes_sync.settings import Settings
from hermes_sync.store import HermesRef, Subject

_REMOTES = ", ".join(f"{kind.system}:{kind}:N" for kind in RemoteKind)
_HIGHEST = 2**63
"""No database numbers its rows as high as this."""


def subject_of(what: str, number: str | None) -> Subject:
    """Return whose story is asked for; raise `ValueError` with a sentence for people."""
    if ":" in what and number is None:
        return _remote(what)
    kinds = {kind.value: kind for kind in Kind}
    if what not in kinds:
        raise ValueError(
            f"{what!r} is no kind of object; give one of {', '.join(kinds)} and its Hermes id, or one of {_REMOTES}"
        )
    if number is None:
        raise ValueError(f"which {what}? Give its Hermes id, as in `explain {what} 42`")
    return HermesRef(kinds[what], _id(number, f"explain {what} 42"))


def _remote(said: str) -> Ref:
    system, _, rest = said.partition(":")
    name, _, number = rest.partition(":")
    kind = next((one for one in RemoteKind if one.value == name), None)
    if kind is None or system != kind.system:
        raise ValueError(f"{said!r} names no remote object; there are {_REMOTES}")
    return Ref(kind, _id(number, f"explain {kind.system}:{kind}:10"))


def _id(said: str, example: str) -> int:
    if said.isascii() and said.isdigit() and 0 < int(said[:20]) < _HIGHEST:
        return int(said)
    raise ValueError(f"{said!r} is no id; write a whole number from 1 up, as in `{example}`")


def explain(settings: Settings, subject: Subject, *, as_json: bool) -> None:
    """Print the story of one object; raise `NeverSeen` when there is none."""
    sentences = {id_: sentence for id_, sentence, _ in all_rules()}
    with bootstrap.store_to_read(settings) as store:
        story = store.story(subject)
        if as_json:
            reports.write_story(story, sentences, sys.stdout.buffer)
        else:
            reports.Printer(sys.stdout).print(reports.story_lines(story, sentences))


def history(settings: Settings, *, limit: int, as_json: bool) -> None:
    """Print the newest passes."""
    with bootstrap.store_to_read(settings) as store:
        # The lease first: a pass that ends in between then shows as ended, not as interrupted.
        running = store.current_lease(SystemClock().now())
        found = reports.History(passes=store.passes(limit), running=running)
    if as_json:
        reports.write_history(found, sys.stdout.buffer)
    else:
        reports.Printer(sys.stdout).print(reports.history_lines(found))


def retry(settings: Settings, *, as_json: bool) -> None:
    """Have refused pushes tried again by the next pass, and print which."""
    with bootstrap.store_to_write(settings) as store:
        pushes = store.retry_refused(SystemClock().now())
    if as_json:
        reports.write_retried(pushes, sys.stdout.buffer)
    else:
        reports.Printer(sys.stdout).print(reports.retried_lines(pushes))
