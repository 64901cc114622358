"""The action table and nothing else: one module per remote kind and for bookings, one function per row (design 3).

Nothing registers itself: the table is put together here, in the order of the source.
"""

import inspect
from pathlib import Path
from typing import Final

from hermes_sync.core.action_table import MERGE_RULE, UNKNOWN_ORG_RULE, ActionTable, Rule
from hermes_sync.core.changes import Trigger
from hermes_sync.rules import callbooker, pd_deal, pd_org, pd_person, pd_pipeline, pd_stage, tc2_cligency
from hermes_sync.rules.extra import UNKNOWN_ORG, UNKNOWN_ORG_CARRIED_OUT_BY

TABLE: Final[ActionTable] = {
    Trigger.ORG_CREATED: pd_org.CREATED,
    Trigger.ORG_UPDATED: pd_org.UPDATED,
    Trigger.ORG_DELETED: pd_org.DELETED,
    Trigger.PERSON_CREATED: pd_person.CREATED,
    Trigger.PERSON_UPDATED: pd_person.UPDATED,
    Trigger.PERSON_DELETED: pd_person.DELETED,
    Trigger.DEAL_CREATED: pd_deal.CREATED,
    Trigger.DEAL_UPDATED: pd_deal.UPDATED,
    Trigger.DEAL_DELETED: pd_deal.DELETED,
    Trigger.PIPELINE_CREATED: pd_pipeline.CREATED,
    Trigger.PIPELINE_UPDATED: pd_pipeline.UPDATED,
    Trigger.PIPELINE_DELETED: pd_pipeline.DELETED,
    Trigger.STAGE_CREATED: pd_stage.CREATED,
    Trigger.STAGE_UPDATED: pd_stage.UPDATED,
    Trigger.STAGE_DELETED: pd_stage.DELETED,
    Trigger.SALES_BOOKED: callbooker.SALES,
    Trigger.SUPPORT_BOOKED: callbooker.SUPPORT,
    Trigger.CLIGENCY_CREATED: tc2_cligency.CREATED,
    Trigger.CLIGENCY_UPDATED: tc2_cligency.UPDATED,
    Trigger.CLIGENCY_DELETED: tc2_cligency.DELETED,
}


def all_rules() -> list[tuple[str, str, str]]:
    """Return the action table as the code has it, in its order: row id, sentence, where it lives."""
    rows = [
        (id_, row.sentence, _where(row))
        for trigger, rules in TABLE.items()
        for row in rules
        for id_ in row.ids
        if id_.startswith(f"{trigger}/")
    ]
    link = tc2_cligency.link_org
    return [
        *rows,
        (UNKNOWN_ORG_RULE, UNKNOWN_ORG, UNKNOWN_ORG_CARRIED_OUT_BY),
        (link.ids[0], link.sentence, _where(link)),
        (MERGE_RULE, pd_org.follow_merge.sentence, _where(pd_org.follow_merge)),
    ]


def _where(row: Rule) -> str:
    path = Path(inspect.getfile(row.function)).relative_to(Path(__file__).parent.parent)
    return f"{path.as_posix()}:{inspect.getsourcelines(row.function)[1]}"
