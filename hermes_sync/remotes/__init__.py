"""The HTTP edge: what Pipedrive and TC2 are asked, and their answers as records.

All knowledge of the two APIs is in functions from values to values (`calls`, `bodies`, `wire`, `answers`);
`transport` is the one module that talks HTTP.
"""

from typing import Final

from hermes_sync.remotes.limits import PIPEDRIVE_BURST, PIPEDRIVE_WINDOW
from hermes_sync.remotes.limits import TC2_REQUESTS as TC2_PER_MINUTE
from hermes_sync.remotes.odd import left_out
from hermes_sync.remotes.pipedrive.calls import WRITE_TOKENS
from hermes_sync.remotes.pipedrive.connection import connect_pipedrive
from hermes_sync.remotes.pipedrive.remote import PipedriveRemote
from hermes_sync.remotes.tc2.connection import connect_tc2
from hermes_sync.remotes.tc2.remote import Tc2Remote
from hermes_sync.remotes.transport import Retries

BURST: Final = (PIPEDRIVE_BURST, PIPEDRIVE_WINDOW)
"""Pipedrive's smallest burst limit: requests, in so many seconds."""

__all__ = [
    "BURST",
    "TC2_PER_MINUTE",
    "WRITE_TOKENS",
    "PipedriveRemote",
    "Retries",
    "Tc2Remote",
    "connect_pipedrive",
    "connect_tc2",
    "left_out",
]
