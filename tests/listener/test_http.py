"""What holds for every address: methods, slashes, sizes, patience, other websites, and what the log says."""

import logging
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.listener import bodies, protocol, server
from hermes_sync.store import SqlStore
from tests.listener.rig import PATIENCE, Served, serving, settings_for

if TYPE_CHECKING:
    import httpx

MEBIBYTE = 1024 * 1024
POSTS = ["/pipedrive/callback/", "/tc2/callback/", "/callbooker/sales/book/", "/callbooker/support/book/"]
GETS = ["/loc/", "/companies/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/choose-roundrobin/support/"]


def test_a_body_of_more_than_1_mebibyte_gets_413(served: Served) -> None:
    """Whether it says so beforehand or just goes on; one of exactly 1 MiB is looked at."""

    def parts() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * (MEBIBYTE // 16)

    for path in POSTS:
        said = served.http.post(path, content=b" " * (MEBIBYTE + 1))
        unsaid = served.http.post(path, content=parts())
        allowed = served.http.post(path, content=b" " * MEBIBYTE)

        assert (said.status_code, unsaid.status_code) == (413, 413), path
        assert said.json() == {"status": "error", "message": "a body may have 1048576 bytes"}
        assert allowed.status_code == {POSTS[0]: 200, POSTS[1]: 403}.get(path, 422), path
    assert served.wishes() == 1, "of the one that was looked at"


def test_a_body_that_announces_itself_as_huge_is_refused_before_it_is_sent(served: Served) -> None:
    """Nothing of it is waited for; also where nobody looks at bodies, and with a number that no machine has."""
    for length in (b"1048577", b"9" * 18):
        for path in (b"/pipedrive/callback/", b"/healthz", b"/nowhere"):
            with served.connect() as connection:
                connection.sendall(
                    b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %b\r\n\r\n" % (path, length)
                )
                assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_memory_does_not_grow_with_what_is_refused(served: Served) -> None:
    """Of a body without end no more than the limit is taken in; then the connection goes."""
    with patch.object(protocol.PatientProtocol, "head_seconds", 0.2), served.connect() as connection:
        connection.sendall(b"POST /pipedrive/callback/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert _is_cut_off_while_sending(connection, b"10000\r\n" + b" " * 0x10000 + b"\r\n")
    assert served.http.get("/healthz").status_code == 200


def test_what_says_its_length_twice_is_the_last_of_its_connection(served: Served) -> None:
    """A proxy that goes by the other length would take the rest for the request of somebody else."""
    with served.connect() as connection:
        connection.sendall(
            b"POST /pipedrive/callback/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
            b"2\r\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        answers = _all_of(connection)
    assert answers.count(b"HTTP/1.1 ") == 1


def _is_cut_off_while_sending(connection: socket.socket, part: bytes) -> bool:
    try:
        for _ in range(100_000):
            connection.sendall(part)
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


def test_a_body_that_comes_too_slowly_gets_408(served: Served) -> None:
    """Whoever sends a byte now and then does not keep the listener waiting."""
    with patch.object(bodies.Bodies, "slowest", 0.2), served.connect() as connection:
        connection.sendall(b"POST /pipedrive/callback/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{")
        answer = _all_of(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert served.wishes() == 0


def test_a_head_that_never_ends_loses_its_connection(served: Served) -> None:
    """Also the second one on a connection, and one that never begins."""
    heads = [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHo"]
    with patch.object(protocol.PatientProtocol, "head_seconds", 0.3):
        for head in heads:
            with served.connect() as connection:
                connection.sendall(head)
                _all_of(connection)  # returns when the other end is closed


def test_when_all_seats_are_taken_a_new_connection_goes(
    sqlite_template: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that sit stay, and who comes after one has left gets in."""
    monkeypatch.setattr(protocol, "SEATS", 2)
    monkeypatch.setattr(server, "KEEP_ALIVE_SECONDS", 60)
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    with SqlStore.open(url) as store, serving(settings_for(url), store) as served, served.connect() as first:
        with served.connect() as second:
            for connection in (first, second):
                assert _answer_to_get(connection).startswith(b"HTTP/1.1 200 ")
            with served.connect() as third:
                assert _answer_to_get(third) == b""
            assert _answer_to_get(first).startswith(b"HTTP/1.1 200 ")
        while not _is_let_in(served):
            SystemClock().sleep(0.05)


def _is_let_in(served: Served) -> bool:
    with served.connect() as connection:
        return _answer_to_get(connection).startswith(b"HTTP/1.1 200 ")


def _answer_to_get(connection: socket.socket) -> bytes:
    try:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while not received.endswith(b"}") and (part := connection.recv(4096)):
            received += part
    except (ConnectionResetError, BrokenPipeError):
        return b""
    return received


def test_a_head_of_many_bytes_gets_400(served: Served) -> None:
    """Neither a long address nor many headers fill the memory."""
    with served.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 40_000)
        assert _all_of(connection).startswith(b"HTTP/1.1 400 ")


def _all_of(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def test_an_address_is_known_with_and_without_its_last_slash(served: Served) -> None:
    """Neither is a redirect, because webhooks follow none."""
    for path in (*POSTS, *GETS):
        method = "POST" if path in POSTS else "GET"
        both = [served.http.request(method, path.rstrip("/") + end) for end in ("", "/")]

        assert both[0].status_code == both[1].status_code, path
        assert both[0].status_code not in (307, 308, 404), path


def test_another_method_gets_405_that_names_the_right_one(served: Served) -> None:
    """OPTIONS names it too, without being a mistake; HEAD goes where GET goes, and has no body."""
    for path in (*POSTS, *GETS):
        right = "POST" if path in POSTS else "GET"
        wrong = served.http.request("DELETE", path)
        asked = served.http.request("OPTIONS", path)
        head = served.http.head(path)

        assert (wrong.status_code, wrong.json()["status"]) == (405, "error"), path
        assert right in wrong.headers["allow"], path
        assert (asked.status_code, asked.headers["allow"]) == (204, wrong.headers["allow"]), path
        assert head.content == b"", path
        assert head.status_code == (405 if right == "POST" else served.http.get(path).status_code), path


def test_where_there_is_nothing_the_answer_is_404_in_json(served: Served) -> None:
    """Also for odd paths."""
    for path in (
        "/nowhere",
        "/callbooker/",
        "/pipedrive/callback/more",
        "/%00",
        "/..%2f..%2fetc/passwd",
        "/status.css/x",
    ):
        answer = served.http.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, "error"), path


def test_browsers_of_the_website_may_ask_and_others_may_not(served: Served) -> None:
    """CORS: a preflight from an allowed origin passes, mistakes included; another origin gets no permission."""
    ours = {"Origin": "https://tutorcruncher.com"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = served.http.options("/callbooker/sales/book/", headers={**ours, **asked})
    mistake = served.http.post("/callbooker/sales/book/", json={}, headers=ours)
    stranger = served.http.options("/callbooker/sales/book/", headers={"Origin": "https://example.com", **asked})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://tutorcruncher.com"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert mistake.status_code == 422
    assert mistake.headers["access-control-allow-origin"] == "https://tutorcruncher.com"
    assert stranger.status_code == 400
    assert "access-control-allow-origin" not in stranger.headers
    assert (stranger.status_code, stranger.headers["content-type"]) == (400, "application/json")
    assert stranger.json()["status"] == "error"
    assert "with this origin" in stranger.json()["message"]
    assert "allowed_origins" in stranger.json()["message"]


def test_a_caller_who_goes_away_leaves_no_trouble(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """In the middle of a head, of a body, or before the answer."""
    for sent in (
        b"POST /pipedrive/call",
        b"POST /pipedrive/callback/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        b"GET /companies/?name=x HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with served.connect() as connection:
            connection.sendall(sent)

    assert served.http.get("/healthz").status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_the_log_has_one_line_a_request_and_nothing_personal(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """Method, address, status, milliseconds; no query, no unknown path, no body, no header."""
    caplog.set_level(logging.DEBUG)
    served.http.get("/companies/?name=Mary%20Booth")
    served.http.get("/mary@example.com?mary=booth")
    served.http.post("/callbooker/sales/book/", json={"email": "mary@example.com", "name": "Mary Booth"})
    served.http.post("/pipedrive/callback/", content=b'{"meta": "mary@example.com"}')
    served.http.request("MARY", "/healthz")
    served.stop.set()
    served.thread.join(PATIENCE)

    lines = [record.getMessage() for record in caplog.records if record.name == "hermes_sync.listener"]
    pattern = re.compile(r"([A-Z]+|\(unknown\)) (/\S*|\(unknown\)) \d{3} \d+\.\d ms")
    requests = [line for line in lines if pattern.fullmatch(line)]
    assert len(requests) == 5
    assert [line.split(" ")[:3] for line in requests] == [
        ["GET", "/companies/", "200"],
        ["GET", "(unknown)", "404"],
        ["POST", "/callbooker/sales/book/", "422"],
        ["POST", "/pipedrive/callback/", "200"],
        ["(unknown)", "/healthz", "405"],
    ]
    said = [record.said for record in caplog.records if hasattr(record, "said")]
    assert said[0] == {"method": "GET", "address": "/companies/", "status": 200, "ms": said[0]["ms"]}
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not [line for line in ours if "mary" in line.lower() or "booth" in line.lower()]


def test_an_error_of_our_own_is_told_without_what_was_sent(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """500 says that the log says where, and the log says where, not what."""
    with patch.object(SqlStore, "companies_like", side_effect=RuntimeError("about Mary Booth")):
        answer = served.http.get("/companies/?name=Mary%20Booth")

    assert (answer.status_code, answer.json()["status"]) == (500, "error")
    assert "Booth" not in answer.text
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "RuntimeError" in line
    assert "website.py" in line
    assert "Booth" not in line
    assert "\n" not in line


def test_a_locked_database_keeps_nobody_who_does_not_need_it(served: Served) -> None:
    """While somebody else writes, callbacks wait and liveness and questions are answered."""
    with served.store.engine.connect() as other:
        other.exec_driver_sql("ROLLBACK")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        answers: list[httpx.Response] = []
        body = {"meta": {"entity": "deal", "entity_id": "1"}}
        waiting = threading.Thread(target=lambda: answers.append(served.http.post("/pipedrive/callback/", json=body)))
        waiting.start()

        assert served.http.get("/healthz").status_code == 200
        assert served.http.get("/companies/?name=Acme").json() == []
        assert served.http.get("/metrics").status_code == 200
        assert answers == []
        assert served.hint_rows() == 0

        other.exec_driver_sql("ROLLBACK")
        waiting.join(PATIENCE)
    assert [answer.status_code for answer in answers] == [200]
    assert served.hints() == {"pipedrive:deal:1": 1}


def test_a_callback_that_cannot_be_kept_is_answered_503(served: Served) -> None:
    """So that it is sent again; with a database that is gone the listener says so, and lives."""
    with patch("hermes_sync.listener.hint_writer.PATIENCE", 0.2), served.store.engine.connect() as other:
        other.exec_driver_sql("ROLLBACK")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        answer = served.http.post("/pipedrive/callback/", json={"meta": {"entity": "deal", "entity_id": "1"}})
        other.exec_driver_sql("ROLLBACK")

    assert (answer.status_code, answer.json()["status"]) == (503, "error")
    assert "retry-after" in answer.headers


def test_a_database_that_is_gone_is_said_to_be(sqlite_template: bytes, tmp_path: Path) -> None:
    """What needs it gets 503, liveness 200, and metrics say that it is away."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    with SqlStore.open(url) as store, serving(settings_for(url), store) as served:
        store.engine.dispose()
        path.unlink()
        for more in tmp_path.glob("hermes.db-*"):
            more.unlink()
        path.mkdir()

        assert served.http.get("/healthz").status_code == 200
        assert served.http.get("/readyz").status_code == 503
        assert "does not answer" in served.http.get("/readyz").json()["message"]
        assert served.http.get("/companies/?name=Acme").status_code == 503
        body = {"meta": {"entity": "deal", "entity_id": "1"}}
        assert served.http.post("/pipedrive/callback/", json=body).status_code == 503
        assert "hermes_sync_database_up 0.0" in served.http.get("/metrics").text
