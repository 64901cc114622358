"""What passes did, counted: by rule, verb and object."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from hermes_sync.store.tables import JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """How many actions and pushes of one pass a rule asked for."""

    rule: str
    system: str
    object: str
    verb: str
    count: int


def rules_of_pass(connection: Connection, pass_id: int) -> list[RuleCount]:
    """Return what a pass did, by rule, in the order of rule ids."""
    by = (JOURNAL.c.rule, JOURNAL.c.system, JOURNAL.c.object, JOURNAL.c.verb)
    rows = connection.execute(select(*by, func.count()).where(JOURNAL.c.pass_id == pass_id).group_by(*by).order_by(*by))
    return [RuleCount(rule=row[0], system=row[1], object=row[2], verb=row[3], count=row[4]) for row in rows]
