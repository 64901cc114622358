"""The HTTP edge: what Pipedrive and TC2 are asked, and their answers as records.

All knowledge of the two APIs is in functions from values to values (`calls`, `bodies`, `wire`, `answers`);
`transport` is the one module that talks HTTP.
"""

from hermes_sync.remotes.pipedrive.remote import PipedriveRemote
from hermes_sync.remotes.tc2.remote import Tc2Remote
from hermes_sync.remotes.transport import Retries

__all__ = ["PipedriveRemote", "Retries", "Tc2Remote"]
