"""The HTTP edge of the twins: one Starlette application each, served by uvicorn in a background thread."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import JSON_TYPE, Answer, Incoming, Json, Refusal, json_answer, parse_body
from hermes_sync.sandbox.faults import Fault, Faults
from hermes_sync.sandbox.log import Entry, RequestLog

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
DOOR = "/_sandbox/"
Hook = Callable[[Incoming], None]
AfterHook = Callable[[Incoming, Answer], None]


class Cut(Response):
    """An answer that breaks off in the middle: the connection is closed with half of the body missing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own
        """Announce the whole body, send half of it and return; uvicorn then closes the connection."""
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class Twin:
    """What both twins share: clock, log, faults, hooks, and the way of a request through them.

    before_request: called with each request before anything happens; after_request: called with request and
    answer after it was carried out and before the answer leaves. Both run in a thread and may take their time.
    latency_ms: added to every answer.
    """

    name = "twin"

    def __init__(self, clock: TwinClock, *, fault_rate: float = 0.0, latency_ms: float = 0.0) -> None:
        """Start with an empty log and no hooks."""
        self.clock = clock
        self.lock = threading.RLock()
        self.log = RequestLog()
        self.faults = Faults(fault_rate)
        self.latency_ms = latency_ms
        self.before_request: Hook | None = None
        self.after_request: AfterHook | None = None
        self.url = ""

    def answer(self, incoming: Incoming) -> Answer:
        """Carry a request out and say what the real API would say."""
        raise NotImplementedError

    def spoiled_list(self, payload: Json, keep: float) -> Json:
        """Give a list answer with only a share of its rows."""
        raise NotImplementedError

    def lagging(self, seconds: float) -> contextlib.AbstractContextManager[None]:
        """Hide what was written in the last seconds, for as long as the context lasts."""
        raise NotImplementedError

    def parsed(self, path: str, raw: bytes) -> Json:  # noqa: ARG002 - all bodies are JSON, unless a twin knows better
        """Parse the body of a request; a refusal for what is none."""
        return parse_body(raw)

    def carry_out(self, incoming: Incoming, fault: Fault | None) -> Answer:
        """Carry a request out, as far as the fault lets it, under the twin's lock."""
        if fault is not None and not fault.carries_out:
            return Answer(status=0)
        with self.lock:
            if fault is not None and fault.effect == "lag":
                with self.lagging(fault.seconds):
                    return self.answer(incoming)
            if fault is not None and fault.effect == "duplicate" and incoming.method != "GET":
                self.answer(incoming)
            return self.answer(incoming)

    async def exchange(self, incoming: Incoming) -> Response:
        """Take one request through hooks, faults and log."""
        if self.before_request is not None:
            await run_in_threadpool(self.before_request, incoming)
        fault = self.faults.match(incoming.method, incoming.path)
        if self.latency_ms:
            await asyncio.sleep(self.latency_ms / 1000)
        answer = self.carry_out(incoming, fault)
        seen = answer if fault is None else self.spoil(answer, fault)
        self.log.add(
            Entry(
                method=incoming.method,
                path=incoming.path,
                query=incoming.query,
                body=None if incoming.method == "GET" else incoming.body,
                status=0 if fault is not None and fault.effect in ("cut", "timeout") else seen.status,
                tokens=answer.tokens,
                time=self.clock.now(),
                fault=None if fault is None else fault.effect,
            )
        )
        if self.after_request is not None:
            await run_in_threadpool(self.after_request, incoming, seen)
        if fault is not None and fault.effect == "timeout":
            await asyncio.sleep(fault.seconds)
        return self.respond(seen, cut=fault is not None and fault.effect in ("cut", "timeout"))

    def spoil(self, answer: Answer, fault: Fault) -> Answer:
        """Turn a good answer into the one that the fault asks for."""
        match fault.effect:
            case "status":
                return fault_answer(fault, answer)
            case "empty":
                return Answer(body=b"", headers=answer.headers)
            case "truncated":
                cut = answer.body[: max(1, len(answer.body) // 2)]
                return Answer(status=answer.status, body=cut, headers=answer.headers)
            case "empty_list" | "shrunk_list" if answer.headers.get("content-type") == JSON_TYPE:
                share = 0.0 if fault.effect == "empty_list" else fault.share
                payload = self.spoiled_list(orjson.loads(answer.body), share)
                return Answer(status=answer.status, body=orjson.dumps(payload), headers=answer.headers)
            case _:
                return answer

    def respond(self, answer: Answer, *, cut: bool) -> Response:
        """Put an answer on the wire, with the twin's own date."""
        headers = {"date": self.clock.http_date(), "content-type": JSON_TYPE, **answer.headers}
        if cut:
            body = answer.body or b'{"success":true,"data":null}'
            return Cut(body, status_code=answer.status or 200, headers=headers)
        return Response(answer.body, status_code=answer.status, headers=headers)


def fault_answer(fault: Fault, answer: Answer) -> Answer:
    """Give the status, body and headers of a `status` fault."""
    if isinstance(fault.body, str):
        headers = {"content-type": "text/html; charset=utf-8", **fault.headers}
        return Answer(status=fault.status, body=fault.body.encode(), headers=headers, tokens=answer.tokens)
    body = {"success": False, "error": "Simulated fault"} if fault.body is None else fault.body
    return json_answer(body, fault.status, fault.headers)


def application(twin: Twin, door: Callable[[Incoming], Answer]) -> Starlette:
    """Make the ASGI application of a twin; requests below `/_sandbox/` go to the control door."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        incoming = Incoming(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            headers=request.headers,
            raw=raw,
        )
        try:
            incoming = Incoming(
                method=incoming.method,
                path=incoming.path,
                query=incoming.query,
                headers=incoming.headers,
                raw=raw,
                body=twin.parsed(incoming.path, raw),
            )
        except Refusal as refusal:
            return twin.respond(json_answer(refusal.payload, refusal.status), cut=False)
        if incoming.path.startswith(DOOR):
            return twin.respond(await run_in_threadpool(door, incoming), cut=False)
        return await twin.exchange(incoming)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])


class QuickServer(uvicorn.Server):
    """A uvicorn server that stops when told to, not at the next tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Wait for `stop`."""
        super().__init__(config)
        self._stopped = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until stopped."""
        await self._stopped.wait()

    def stop(self) -> None:
        """Stop serving; connections that are still open are closed."""
        self.should_exit = True
        self.force_exit = True
        self._stopped.set()


class Servers:
    """The background thread that serves applications on loopback until it is stopped."""

    def __init__(self, applications: list[Starlette], host: str, ports: list[int]) -> None:
        """Bind the sockets (port 0: any free one); nothing is served before `start`."""
        self._applications = applications
        self._sockets = [bind(host, port) for port in ports]
        self._servers: list[QuickServer] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hermes-sandbox", daemon=True)

    @property
    def ports(self) -> list[int]:
        """The ports that were really bound."""
        return [int(sock.getsockname()[1]) for sock in self._sockets]

    def start(self) -> None:
        """Serve from a thread; gives back when the sockets answer."""
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        """Stop serving and wait for the thread."""
        if self._loop is not None and self._thread.is_alive():
            for server in self._servers:
                self._loop.call_soon_threadsafe(server.stop)
            self._thread.join(10)
        for sock in self._sockets:
            sock.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        for app in self._applications:
            config = uvicorn.Config(
                app,
                log_config=None,
                log_level="critical",
                access_log=False,
                lifespan="off",
                date_header=False,
                server_header=False,
                timeout_keep_alive=60,
            )
            self._servers.append(QuickServer(config))
        jobs: list[Awaitable[None]] = [
            server.serve(sockets=[sock]) for server, sock in zip(self._servers, self._sockets, strict=True)
        ]
        gathered = asyncio.gather(*jobs)
        while not all(server.started for server in self._servers) and not gathered.done():  # noqa: ASYNC110 - uvicorn only sets a flag
            await asyncio.sleep(0.002)
        self._ready.set()
        await gathered


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol lets asyncio switch Nagle's algorithm off, which costs 40 ms an answer.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(128)
    return sock
