"""The service account that speaks for the admins' mailboxes: its key file, and the tokens that it gets.

google-auth reads the key and signs. Its own `Credentials` would also ask for the token, but with a clock, retries and
waits of their own, which nobody who waits for an answer could bound; so asking is the transport's business here too.
"""

import threading
from pathlib import Path
from typing import Final

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from google.auth import crypt, jwt
from google.auth.exceptions import GoogleAuthError
from pydantic import ValidationError

from hermes_sync.core.objects import Admin
from hermes_sync.ports import Clock, ConfigError, RemoteUnavailable
from hermes_sync.remotes.google import calls, wire
from hermes_sync.remotes.odd import why_invalid
from hermes_sync.remotes.transport import Transport

KEY: Final = "callbooker.google_service_account"
RENEWED_BEFORE: Final = 60.0
"""Seconds before its end from which on a token is not used any more."""


class UnusableKey(ConfigError):
    """A file that holds no key of a service account: what is wrong, and what to do about it."""

    def __init__(self, *, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class ServiceAccount:
    """Who signs: the key of a service account.

    Raises `UnusableKey`, which names file, key and remedy, for a file that holds none.
    """

    def __init__(self, file: Path) -> None:
        said = _read(file)
        self.email = said.client_email
        try:
            self._signer = crypt.RSASigner.from_string(  # type: ignore[no-untyped-call]  # google-auth's own
                said.private_key, said.private_key_id
            )
            self._signer.sign(b"a key that can't sign is found out here")
        except (ValueError, TypeError, UnsupportedAlgorithm, GoogleAuthError):
            # Not chained: what the libraries say may quote the key.
            raise _unusable(file, "its private_key is no RSA key") from None

    def assertion(self, clock: Clock, mailbox: str) -> str:
        """Return the signed assertion with which it asks to act for a mailbox."""
        signed: bytes = jwt.encode(self._signer, calls.claims(self.email, mailbox, clock.now()))  # type: ignore[no-untyped-call]  # as above
        return signed.decode()


class Tokens:
    """The tokens of the admins, each kept until shortly before it ends; several threads may share them."""

    def __init__(self, account: ServiceAccount, transport: Transport, path: str, clock: Clock) -> None:
        self._account = account
        self._transport = transport
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}

    def of(self, admin: Admin, until: float) -> str:
        """Return a token for an admin's mailbox; raises what the transport raises."""
        with self._lock:
            kept, ends = self._kept.get(admin.email, ("", 0.0))
        return kept if kept and self._clock.monotonic() < ends else self._ask(admin, until)

    def forget(self, admin: Admin, bearer: str) -> None:
        """Throw a token away that is not accepted any more."""
        with self._lock:
            if self._kept.get(admin.email, ("", 0.0))[0] == bearer:
                del self._kept[admin.email]

    def _ask(self, admin: Admin, until: float) -> str:
        asked_at = self._clock.monotonic()
        call = calls.token(self._path, self._account.assertion(self._clock, admin.email))
        answer = self._transport.send(call, until=until)
        try:
            given = wire.TokenPart.model_validate(answer.json)
        except ValidationError as error:
            # Not chained: the answer holds a token.
            raise RemoteUnavailable(f"Google's answer to a request for a token is none: {why_invalid(error)}") from None
        with self._lock:
            self._kept[admin.email] = given.access_token, asked_at + given.seconds - RENEWED_BEFORE
        return given.access_token


def _read(file: Path) -> wire.KeyFile:
    try:
        return wire.KeyFile.model_validate(orjson.loads(file.read_bytes()))
    except FileNotFoundError:
        raise _unusable(file, "there is no such file") from None
    except OSError as error:
        raise _unusable(file, f"it can't be read ({error.strerror})") from None
    except orjson.JSONDecodeError:
        raise _unusable(file, "it is no JSON") from None
    except ValidationError as error:
        raise _unusable(file, why_invalid(error)) from None


def _unusable(file: Path, why: str) -> UnusableKey:
    return UnusableKey(
        what=f"{KEY} names {file}, which is no key file of a service account: {why}",
        remedy="make a key of type JSON for the service account in the Google Cloud console and give its path there, "
        'or set callbooker.calendar = "hermes"',
    )
