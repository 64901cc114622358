"""The Google twin's service account: a key made when it is first needed, and the tokens that are got with it.

A client signs an assertion with the private key of the key file; the twin checks signature and claims as Google does
(facts 10.1) and hands out a token that is good for one mailbox and one hour.
"""

import base64
import binascii
import json
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Json, Refusal
from hermes_sync.sandbox.fields import is_integer

AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/calendar"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 3600
SKEW = 300
PARTS = 3


def denied(error: str, description: str, status: int = 400) -> Refusal:
    """Make the refusal of the token endpoint."""
    return Refusal(status, {"error": error, "error_description": description})


class ServiceAccount:
    """One service account, the mailboxes that it may act for, and its tokens."""

    email = "hermes-sync@twin-project.iam.gserviceaccount.com"
    key_id = "0123456789abcdef0123456789abcdef01234567"

    def __init__(self, clock: TwinClock) -> None:
        """Start without mailboxes and tokens."""
        self.clock = clock
        self.delegated: set[str] = set()
        self._tokens: dict[str, tuple[str, float]] = {}

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def write_key_file(self, path: Path) -> Path:
        """Write the key file as Google's console gives it out, readable for its owner only; give its path."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        content = {
            "type": "service_account",
            "project_id": "twin-project",
            "private_key_id": self.key_id,
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": "100000000000000000000",
            "token_uri": AUDIENCE,
            "universe_domain": "googleapis.com",
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return path

    def token_for(self, form: dict[str, str]) -> Json:
        """Answer a request for a token."""
        if form.get("grant_type") != GRANT:
            raise denied("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        claims = self._claims(form.get("assertion", ""))
        self._check(claims)
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._tokens[token] = claims["sub"], self.clock.now() + LIFE
        return {"access_token": token, "expires_in": LIFE - 1, "token_type": "Bearer"}

    def mailbox_of(self, authorization: str) -> str | None:
        """Give the mailbox that a header's token is good for, None for a token that is not (any more)."""
        scheme, _, token = authorization.partition(" ")
        mailbox, until = self._tokens.get(token, ("", 0.0))
        is_good = scheme == "Bearer" and self.clock.now() < until and mailbox in self.delegated
        return mailbox if is_good else None

    def revoke_tokens(self) -> None:
        """End all tokens that are out."""
        self._tokens.clear()

    def _claims(self, assertion: str) -> dict[str, Json]:
        """Give the claims of an assertion whose signature is good."""
        parts = assertion.split(".")
        try:
            header, claims = (json.loads(_decoded(part)) for part in parts[:2])
            signature = _decoded(parts[2]) if len(parts) == PARTS else b""
            self._key.public_key().verify(signature, ".".join(parts[:2]).encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise denied("invalid_grant", "Invalid JWT Signature.") from None
        except (ValueError, IndexError, binascii.Error):
            raise denied("invalid_grant", "Invalid JWT.") from None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise denied("invalid_grant", "Invalid JWT.")
        if (header.get("alg"), header.get("kid")) != ("RS256", self.key_id):
            raise denied("invalid_grant", "Invalid JWT: unknown alg or kid.")
        return claims

    def _check(self, claims: dict[str, Json]) -> None:
        now = self.clock.now()
        begun: Json = claims.get("iat")
        ends: Json = claims.get("exp")
        if not (is_integer(begun) and is_integer(ends)):
            raise denied("invalid_grant", "Invalid JWT: iat and exp must be numbers.")
        if not (ends - begun <= LIFE and begun <= now + SKEW and ends > now):
            text = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            raise denied("invalid_grant", text)
        if claims.get("iss") != self.email:
            raise denied("invalid_grant", "Invalid grant: account not found")
        if claims.get("aud") != AUDIENCE:
            raise denied("invalid_grant", "Invalid JWT: Failed audience check.")
        if claims.get("scope") != SCOPE or claims.get("sub") not in self.delegated:
            text = "Client is unauthorized to retrieve access tokens using this method, or client not authorized."
            raise denied("unauthorized_client", text, 401)


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
