"""What a line of the log says of an action, as keys and values: one definition for passes and bookings.

Lines name objects by their ids, and fields without their values: logs hold nobody's data.
"""

from hermes_sync.core.plan import PlannedAction


def action_keys(action: PlannedAction, *, pass_id: int, outcome: str) -> dict[str, object]:
    """Return the keys of the line that says what became of an action in a pass, or of a booking's own pass."""
    return {
        "event": "action",
        "pass": pass_id,
        "outcome": outcome,
        "rule": action.rule,
        "rules": list(action.rules),
        "cause": action.cause,
        "system": action.system.value,
        "object": str(action.object),
        "verb": action.verb.value,
        "id": action.id,
        "remote_id": action.remote_id,
        "fields": [one.field for one in action.changes],
    }
