"""Twins of the remote APIs: Pipedrive, TC2 and Google Calendar as real HTTP servers on loopback, all invented.

People who have no account try hermes-sync against them, and the tests do. Nothing here imports another part of
hermes-sync. `Sandbox` is all twins; `serve` runs them until stopped; `RemoteControl` controls them from afar.
"""

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Answer, ControlError, Incoming
from hermes_sync.sandbox.faults import Fault, Faults
from hermes_sync.sandbox.google import GoogleTwin, limit_fault
from hermes_sync.sandbox.log import Entry, RequestLog
from hermes_sync.sandbox.pipedrive import PipedriveTwin
from hermes_sync.sandbox.populate import populate
from hermes_sync.sandbox.remote_control import RemoteControl
from hermes_sync.sandbox.sandbox import Sandbox, serve
from hermes_sync.sandbox.seed import sample_seed
from hermes_sync.sandbox.tc2 import Tc2Twin
from hermes_sync.sandbox.webhooks import Delivery, Outbox

__all__ = [
    "Answer",
    "ControlError",
    "Delivery",
    "Entry",
    "Fault",
    "Faults",
    "GoogleTwin",
    "Incoming",
    "Outbox",
    "PipedriveTwin",
    "RemoteControl",
    "RequestLog",
    "Sandbox",
    "Tc2Twin",
    "TwinClock",
    "limit_fault",
    "populate",
    "sample_seed",
    "serve",
]
