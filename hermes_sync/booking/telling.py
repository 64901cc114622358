"""What a booking says of itself in the log: one line for each action, and how it ended.

Lines name objects by their ids, and fields without their values: logs hold nobody's data.
"""

import logging

from hermes_sync.core.bookings import CallBooked
from hermes_sync.core.plan import PlannedAction, Segment
from hermes_sync.core.telling import action_keys

_LOG = logging.getLogger(__name__)


def kept(led_to: CallBooked, segment: Segment) -> None:
    """Say what was written down for a booking."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    for action in segment.actions:
        _say_action(led_to.ref.id, action)
    meeting = "no Meeting" if led_to.meeting_id is None else f"Meeting {led_to.meeting_id}"
    reasons = [notice.code for notice in segment.notices]
    why = f" ({', '.join(reasons)})" if reasons else ""
    _say(
        f"{led_to.ref}: {meeting} of Company {led_to.company_id}{why}",
        event="booking",
        **{"pass": led_to.ref.id},
        cause=str(led_to.ref),
        company_id=led_to.company_id,
        contact_id=led_to.contact_id,
        deal_id=led_to.deal_id,
        meeting_id=led_to.meeting_id,
        notices=reasons,
    )


def _say_action(pass_id: int, action: PlannedAction) -> None:
    _say(
        f"pass {pass_id}: applied {action.verb} {action.object} {action.id}; rule {action.rule}; cause {action.cause}",
        **action_keys(action, pass_id=pass_id, outcome="applied"),
    )


def _say(message: str, **said: object) -> None:
    _LOG.info("%s", message, extra={"said": said})
