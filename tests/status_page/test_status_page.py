"""The status page over HTTP: what it says, whom it lets in, and that nothing it shows can act."""

import base64

import httpx
import pytest

from tests.status_page.conftest import Page


def test_the_overview_says_what_fails_waits_and_was_refused(page: Page) -> None:
    """The headline names the failure; the waiting and the refused push stand there with rule and reason."""
    text = page.get("/").text

    assert "The last pass failed" in text
    assert "RemoteUnavailable" in text
    assert "TC2 answered 500" in text
    assert "This is not right." in text
    assert text.count("pd.deal.updated/tc2.cligency/exists") == 2


def test_the_overview_shows_drift_freshness_and_budget(page: Page) -> None:
    """The drifted website stands there with both values, each kind with how many are known, and the day's tokens."""
    text = page.get("/").text

    assert "&#34;https://drifted.example.com&#34;" in text
    assert '<tr><td>Cligencies</td><td class="number">30</td>' in text
    assert "of 30000 tokens today" in text


def test_every_pass_has_a_bar_that_leads_to_what_it_did(page: Page) -> None:
    """As many bars as passes; the first leads to the rules of the import, with how often each asked."""
    text = page.get("/").text
    passes = page.rig.store.passes(100)

    assert text.count("<rect") == len(passes)
    first = page.get("/pass?id=1").text
    assert "pd.org.created/hermes.company/missing" in first
    assert '<td class="number">30</td>' in first


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("customer 1", "Customer 17"),
        ("CUSTOMER  5", "Customer 5"),
        ("mary3@example.com", "contact 3"),
        ("0131 496 0004", "contact 4"),
        ("907", "nothing"),
        ("30", "Customer 30"),
        ("%", "nothing"),
        ("_ustomer", "nothing"),
    ],
)
def test_a_search_finds_by_name_email_phone_and_number(page: Page, said: str, found: str) -> None:
    """A name by its beginning, without case and doubled spaces; a wildcard is only a letter."""
    text = page.get(f"/story?q={said.replace('%', '%25')}").text

    assert ("Try how a name begins" in text) == (found == "nothing")
    assert found == "nothing" or found in text


@pytest.mark.parametrize("said", ["company 1", "COMPANY 1", "pipedrive:organization:1", "tc2:client:1", "contact 1"])
def test_a_search_for_one_object_tells_its_story(page: Page, said: str) -> None:
    """Each entry with its rule, that rule's sentence, the cause and what changed."""
    reply = page.get(f"/story?q={said}")

    assert reply.status_code == 200
    assert "What happened, newest first" in reply.text
    assert "because of" in reply.text
    assert "created/hermes." in reply.text


@pytest.mark.parametrize("path", ["/story?q=company%2099999", "/pass?id=99999", "/pass?id=x", "/pass", "/pass?id=-1"])
def test_what_is_not_there_is_said_to_be_missing(page: Page, path: str) -> None:
    """404, as a page."""
    reply = page.get(path)

    assert reply.status_code == 404
    assert "<h1>" in reply.text


@pytest.mark.parametrize("said", ["", "x" * 5000, "'; DROP TABLE companies; --", "\x00", "company", "9" * 400])
def test_an_odd_search_finds_nothing_and_breaks_nothing(page: Page, said: str) -> None:
    """200 with a hint."""
    reply = page.get("/story?q=" + said.replace("\x00", "%00").replace(" ", "+"))

    assert reply.status_code == 200


def test_names_are_shown_and_never_run(page: Page) -> None:
    """A Company called <b>Bold & Sons</b> is spelt out in its story and in the search."""
    for path in ("/story?q=company%201", "/story?q=%3Cb%3Ebold", "/story?q=%22%3E%3Cscript%3E"):
        text = page.get(path).text
        assert "<b>Bold" not in text
        assert "<script" not in text


def test_the_page_cannot_act_and_is_not_kept(page: Page) -> None:
    """A policy without scripts and frames, no caching, only GET, and no form that posts."""
    reply = page.get("/")

    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "no-store"
    assert "<script" not in reply.text
    assert 'method="post"' not in reply.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "hermes.example.com"},
        {"x-forwarded-for": "203.0.113.7"},
        {"forwarded": "for=203.0.113.7"},
        {"cf-connecting-ip": "203.0.113.7"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/story?q=company%201", "/pass?id=1"])
def test_without_a_login_only_this_machine_may_look(page: Page, path: str, headers: dict[str, str]) -> None:
    """Whoever comes by another name or through a proxy gets 403, a remedy and nothing of the store."""
    reply = page.get(path, **headers)

    assert reply.status_code == 403
    assert "status_user" in reply.text
    assert "Customer" not in reply.text


@pytest.mark.parametrize("said", [None, "ops:wrong", "ops", ":", "ops:let me in ", "opsx:let me in"])
def test_with_a_login_nobody_looks_without_it(locked_page: Page, said: str | None) -> None:
    """401 with a challenge, also for this machine."""
    headers = {} if said is None else {"authorization": "Basic " + base64.b64encode(said.encode()).decode()}

    reply = locked_page.get("/", **headers)

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Basic ")
    assert "Passes" not in reply.text


@pytest.mark.parametrize("said", [b"Basic", b"Basic !!!", b"Bearer abc", b"Basic \xff", b""])
def test_a_broken_login_is_only_a_wrong_one(locked_page: Page, said: bytes) -> None:
    """401."""
    reply = httpx.get(locked_page.url, headers={b"authorization": said}, timeout=30)

    assert reply.status_code == 401


def test_the_login_lets_in_from_anywhere(locked_page: Page) -> None:
    """Also through a proxy and by another name."""
    token = base64.b64encode(b"ops:let me in").decode()

    reply = locked_page.get("/", authorization=f"Basic {token}", host="hermes.example.com", via="1.1 proxy")

    assert reply.status_code == 200
    assert "Last passes" in reply.text


def test_no_secret_is_on_any_page(page: Page) -> None:
    """Neither key of the twins stands anywhere."""
    sandbox = page.rig.sandbox
    for path in ("/", "/story?q=company%201", "/pass?id=1", "/story?q=tc2:client:9"):
        text = page.get(path).text
        assert sandbox.pipedrive.token not in text
        assert sandbox.tc2.key not in text
