"""What goes out to a remote and what comes back, as plain values.

`calls` builds a `Call`, `transport` sends it, `answers` judges the `Reply` that came back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

OK = 200
REDIRECTS = range(300, 400)
BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
GONE = frozenset({404, 410})
REQUEST_TIMEOUT = 408
TOO_MANY = 429
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What messages call a remote, and the keys of the config that speak of it."""

    name: str
    section: str
    base_url: str
    key_name: str
    """The name of the key that holds the secret; never the secret."""
    url_name: str = "base_url"
    """The name of the key that holds the address."""
    origin: str = ""
    """Where the secret was given: the config file, or a variable of the environment. Not said where nobody knows."""

    @property
    def url_key(self) -> str:
        """The config key of the address."""
        return f"{self.section}.{self.url_name}"

    @property
    def secret_key(self) -> str:
        """The config key of the secret, with its environment variable."""
        return f"{self.section}.{self.key_name} (or HERMES_{self.section.upper()}__{self.key_name.upper()})"

    @property
    def given_in(self) -> str:
        """Where to look for the secret, as the end of a sentence; empty where nobody knows."""
        return f"; the one in use is given in {self.origin}" if self.origin else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, without host.

    `tokens` is what Pipedrive charges for it (facts 5). `creates` says that a repetition would make a second
    object; every other call may be repeated. `names_object` says that a 404 speaks of the object that the path
    names, and not of an address that does not exist. `body` is sent as JSON, `form` as a form. `secret` is what `form`
    or `headers` hold that no message may show; `shown` is the path as messages have it, where the path names a person.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)
    shown: str = ""
    tokens: int = 0
    creates: bool = False
    is_search: bool = False
    names_object: bool = False

    @property
    def is_read(self) -> bool:
        """Whether it leaves everything as it is."""
        return self.method == "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.shown or self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer as it came; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def is_html(self) -> bool:
        """Whether a web server or Cloudflare answered, and not the API."""
        return "html" in self.headers.get("content-type", "") or self.content.lstrip()[:1] == b"<"

    def number(self, header: str) -> float | None:
        """Return the number in a header, None without one."""
        try:
            return float(self.headers[header])
        except (KeyError, ValueError):
            return None

    @property
    def server_time(self) -> datetime | None:
        """The time of the server that answered: UTC, whole seconds."""
        return _moment(self.headers.get("date"))

    @property
    def wait(self) -> float | None:
        """How many seconds the remote wants to be left alone, if it says so (facts 5)."""
        said = self.number("x-ratelimit-reset")
        after = self.number("retry-after")
        if after is None and (moment := _moment(self.headers.get("retry-after"))) and self.server_time:
            after = (moment - self.server_time).total_seconds()
        waits = [seconds for seconds in (said, after) if seconds is not None and seconds >= 0]
        return max(waits, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A good answer: its JSON object, and the server's time when it answered (UTC, whole seconds)."""

    json: dict[str, Any]
    server_time: datetime | None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.astimezone(UTC)
