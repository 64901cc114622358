"""The control door of a sandbox: its control calls over HTTP, for other programs and curious people.

`POST /_sandbox/pipedrive/create` with `{"_args": ["organization"], "name": "Acme"}` calls
`pipedrive.create("organization", name="Acme")` and answers `{"result": 1}`. Without `_args` all arguments go by
name. Also `POST /_sandbox/clock {"advance": 60}` (or `set`, `freeze`, `thaw`), `GET /_sandbox/log?twin=tc2`,
`GET /_sandbox/config?database_url=…`, `POST /_sandbox/reset`. All ports have the door, no token is asked, so
it must stay on loopback.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Answer, ControlError, Incoming, Json, json_answer
from hermes_sync.sandbox.faults import Fault
from hermes_sync.sandbox.google import GoogleTwin
from hermes_sync.sandbox.pipedrive import PipedriveTwin
from hermes_sync.sandbox.server import DOOR
from hermes_sync.sandbox.tc2 import Tc2Twin

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = ("deliver_webhooks", "set_webhooks")
ACTIONS = {
    "pipedrive": (
        *SHARED, "create", "edit", "touch", "delete", "restore", "purge", "archive", "unarchive", "merge", "get",
        "exists", "all", "custom", "add_user", "field_key", "field_keys", "add_field", "remove_field",
        "set_field_type",
    ),
    "tc2": (
        *SHARED, "create_client", "edit_client", "delete_client", "restore_client", "get_client", "all_clients",
        "attrs", "add_attribute", "remove_attribute", "add_admin",
    ),
    "google": (
        "add_mailbox", "remove_calendar", "withdraw", "break_calendar", "make_busy", "cancel_event", "events",
        "invitations", "revoke_tokens",
    ),
}  # fmt: skip
"""The control calls that each twin lets be made over HTTP."""

LIMITS = ("daily", "burst", "search_burst", "ban_after", "ban_seconds", "per_minute")
SETTINGS = ("list_lag", "search_lag", "create_status", "latency_ms", "roles")


class Sandboxed(Protocol):
    """What the door opens to."""

    pipedrive: PipedriveTwin
    tc2: Tc2Twin
    google: GoogleTwin
    clock: TwinClock

    def config(self, database_url: str) -> str:
        """Give the config for this sandbox."""

    def reset(self) -> None:
        """Start the world anew."""


class Door:
    """Answers requests below `/_sandbox/`."""

    def __init__(self, sandbox: Sandboxed) -> None:
        """Open to one sandbox."""
        self.sandbox = sandbox

    def __call__(self, incoming: Incoming) -> Answer:
        """Answer a control request; a mistake in it is a 400 that says so."""
        try:
            return json_answer({"result": self._result(incoming)})
        except (ControlError, TypeError, KeyError, AttributeError) as error:
            return json_answer({"error": f"{type(error).__name__}: {error}"}, 400)

    def _result(self, incoming: Incoming) -> Json:  # noqa: PLR0911 - a table of requests
        body = incoming.body if isinstance(incoming.body, dict) else {}
        match (incoming.method, incoming.path.removeprefix(DOOR).strip("/").split("/")):
            case ("GET", ["log"]):
                return [asdict(entry) for entry in self._twin(incoming.query.get("twin", "pipedrive")).log]
            case ("GET", ["config"]):
                return self.sandbox.config(incoming.query.get("database_url", "sqlite:///hermes.db"))
            case ("POST", ["clock"]):
                return self._clock(body)
            case ("POST", ["reset"]):
                return self.sandbox.reset()
            case ("POST", [name, "faults"]):
                return self._faults(name, body)
            case ("POST", [name, "limits"]):
                return assign(self._limited(name).limits, body, LIMITS)
            case ("POST", [name, "settings"]):
                return assign(self._twin(name), body, SETTINGS)
            case ("POST", [name, "clear_log"]):
                return self._twin(name).log.clear()
            case ("POST", [name, action]) if action in ACTIONS.get(name, ()):
                call: Callable[..., Json] = getattr(self._twin(name), action)
                return call(*body.get("_args", []), **{key: item for key, item in body.items() if key != "_args"})
            case _:
                raise ControlError(f"{incoming.method} {incoming.path} is no control request")

    def _twin(self, name: str) -> PipedriveTwin | Tc2Twin | GoogleTwin:
        return self.sandbox.google if name == GoogleTwin.name else self._limited(name)

    def _limited(self, name: str) -> PipedriveTwin | Tc2Twin:
        twins: dict[str, PipedriveTwin | Tc2Twin] = {
            "pipedrive": self.sandbox.pipedrive,
            "tc2": self.sandbox.tc2,
        }
        return twins[name]

    def _clock(self, body: dict[str, Json]) -> str:
        clock = self.sandbox.clock
        for name, call in (("set", clock.set), ("freeze", clock.freeze), ("advance", clock.advance)):
            if name in body:
                call(body[name])
        if body.get("thaw"):
            clock.thaw()
        return clock.stamp()

    def _faults(self, name: str, body: dict[str, Json]) -> int:
        """Arm a fault (its fields), or set `rate` and `seed`, or `clear`; give how many are armed."""
        faults = self._twin(name).faults
        wanted = dict(body)
        if wanted.pop("clear", False):
            faults.clear()
        if "seed" in wanted:
            faults.seed(wanted.pop("seed"))
        if "rate" in wanted:
            faults.rate = wanted.pop("rate")
        if wanted:
            faults.add(Fault(**wanted))
        return faults.pending


def assign(target: object, values: dict[str, Json], allowed: tuple[str, ...]) -> None:
    """Set attributes that may be set."""
    for name, value in values.items():
        if name not in allowed or not hasattr(target, name):
            raise ControlError(f"{name!r} cannot be set, only {', '.join(allowed)}")
        setattr(target, name, value)
