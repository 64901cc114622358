"""`explain`, `history` and `retry`: what the journal says, and having refused pushes tried again."""

import sys

from hermes_sync import bootstrap, reports
from hermes_sync.clock import SystemClock
from hermes_sync.rules import all_rules
from hermes_sync.settings import Settings
from hermes_sync.store import Subject


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
