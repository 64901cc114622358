"""What a command prints: a Plan, how a pass went, status, objects, rules, for people or as one JSON document.

Text goes line by line and JSON action by action, so that a plan of any size takes little memory.
"""

from hermes_sync.reports.documents import (
    ADMINS,
    EXPORTED,
    write_error,
    write_export,
    write_plan,
    write_report,
    write_rules,
)
from hermes_sync.reports.plan_text import action_lines, plan_lines, refusal, report_lines
from hermes_sync.reports.printing import Printer
from hermes_sync.reports.progress import progress_on
from hermes_sync.reports.status_document import write_status
from hermes_sync.reports.status_text import StatusReport, rules_lines, status_lines, status_of
from hermes_sync.reports.story_documents import write_history, write_retried, write_story
from hermes_sync.reports.story_text import History, history_lines, retried_lines, story_lines
from hermes_sync.reports.subjects import subject_of

__all__ = [
    "ADMINS",
    "EXPORTED",
    "History",
    "Printer",
    "StatusReport",
    "action_lines",
    "history_lines",
    "plan_lines",
    "progress_on",
    "refusal",
    "report_lines",
    "retried_lines",
    "rules_lines",
    "status_lines",
    "status_of",
    "story_lines",
    "subject_of",
    "write_error",
    "write_export",
    "write_history",
    "write_plan",
    "write_report",
    "write_retried",
    "write_rules",
    "write_status",
    "write_story",
]
