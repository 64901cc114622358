"""The client of a sandbox's control door, for programs that started the sandbox as a separate one."""

from collections.abc import Callable
from typing import Self

import httpx

from hermes_sync.sandbox.exchange import ControlError, Json


class RemoteTwin:
    """One twin far away: every method is the control call of the same name (and `faults`, `limits`, `settings`)."""

    def __init__(self, control: "RemoteControl", name: str) -> None:
        """Speak to one twin through a control."""
        self._control = control
        self._name = name

    def __getattr__(self, action: str) -> Callable[..., Json]:
        """Give a control call by its name."""
        if action.startswith("_"):
            raise AttributeError(action)

        def call(*args: Json, **kwargs: Json) -> Json:
            return self._control.post(f"{self._name}/{action}", {"_args": list(args), **kwargs} if args else kwargs)

        return call


class RemoteControl:
    """Controls a sandbox through the door of either of its ports, `url` is for example `http://127.0.0.1:8101`."""

    def __init__(self, url: str) -> None:
        """Open a connection when first needed."""
        self._client = httpx.Client(base_url=url, timeout=60.0)
        self.pipedrive = RemoteTwin(self, "pipedrive")
        self.tc2 = RemoteTwin(self, "tc2")
        self.google = RemoteTwin(self, "google")

    def __enter__(self) -> Self:
        """Use it in a with statement."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def advance(self, seconds: float) -> str:
        """Let time pass in the sandbox and give its new time."""
        return str(self.clock(advance=seconds))

    def clock(self, **changes: Json) -> Json:
        """Move the sandbox's clock: `advance`, `set`, `freeze` or `thaw`."""
        return self.post("clock", changes)

    def log(self, twin: str = "pipedrive") -> list[dict[str, Json]]:
        """Give the request log of a twin."""
        return list(self._result(self._client.get("/_sandbox/log", params={"twin": twin})))

    def config(self, database_url: str) -> str:
        """Give the config for the sandbox."""
        return str(self._result(self._client.get("/_sandbox/config", params={"database_url": database_url})))

    def reset(self) -> None:
        """Start the sandbox's world anew."""
        self.post("reset", {})

    def post(self, path: str, body: dict[str, Json]) -> Json:
        """Make a control call by its path."""
        return self._result(self._client.post(f"/_sandbox/{path}", json=body))

    @staticmethod
    def _result(reply: httpx.Response) -> Json:
        content = reply.json()
        if reply.status_code != httpx.codes.OK:
            raise ControlError(content["error"])
        return content["result"]
