"""The row of actions.md's to-dos that is carried out by the pull.

The pull reads an Org that a Deal or Person names and that was never seen, before the plan is made; the fold then
names this row first in whatever the Org's own rows do. (`extra/tc2.pd-link` stands with the cligency's rows, because
it follows a cligency's change.)
"""

from typing import Final

UNKNOWN_ORG: Final = (
    "If a Deal or Person names an Org id that is not in our db: "
    "request the Org from Pipedrive and get or create the Company first."
)
UNKNOWN_ORG_CARRIED_OUT_BY: Final = "cycle/relatives.py"
