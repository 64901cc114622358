"""Logs on standard error, as text or as JSON lines; configured secrets never appear in them."""

import json
import logging
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

MASK: Final = "***"
_SHORTEST: Final = 4
"""A secret of fewer characters is no secret, and masking it would make nonsense of every line."""


class Masking(logging.Filter):
    """Takes configured secrets out of messages and tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: list[str] = []

    def add(self, secrets: Iterable[str]) -> None:
        """Mask these from now on, the longest first, because one may hold another."""
        found = {*self._secrets, *(one for one in secrets if len(one) >= _SHORTEST)}
        self._secrets = sorted(found, key=len, reverse=True)

    def masked(self, text: str) -> str:
        """Return a text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, without the secrets."""
        record.msg, record.args = self.masked(record.getMessage()), None
        if record.exc_info is not None:
            record.exc_text = self.masked(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


class StderrHandler(logging.Handler):
    """Writes to what standard error is at that moment, so that lines appear above a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"{self.format(record)}\n")
        sys.stderr.flush()


class TextFormatter(logging.Formatter):
    """`error: …`; what is merely said has no level in front. With `times` (UTC) where lines are read later."""

    def __init__(self, *, times: bool = False) -> None:
        super().__init__()
        self._times = times

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        time = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ} " if self._times else ""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        return f"{time}{level}{super().format(record)}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line; the time is RFC 3339 in UTC. What a line is about has keys of its own (`said`)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= getattr(record, "said", {})
        if record.exc_text:
            said["traceback"] = record.exc_text
        return json.dumps(said, ensure_ascii=False)


def start_logging(*, as_json: bool, verbosity: int) -> Masking:
    """Send logs to standard error and return what masks secrets in them.

    Warnings are always shown; 1 adds what the program says of its steps, 2 also the details and its libraries.
    """
    masking = Masking()
    handler = StderrHandler()
    handler.addFilter(masking)
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logging.basicConfig(handlers=[handler], level=logging.INFO if verbosity > 1 else logging.WARNING, force=True)
    levels = (logging.WARNING, logging.INFO, logging.DEBUG)
    logging.getLogger("hermes_sync").setLevel(levels[min(verbosity, 2)])
    logging.getLogger("hermes_sync.cli").setLevel(logging.INFO)
    return masking


def tell_time() -> None:
    """Put the time in front of every line of text from now on, unless systemd's journal does: nobody looks on."""
    if "JOURNAL_STREAM" in os.environ:
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, TextFormatter):
            handler.setFormatter(TextFormatter(times=True))
