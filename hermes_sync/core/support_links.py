"""Links with which a customer books a support call without a login: signed, and good for some days (interface 4).

A link is `<callbooker.base_url>?admin_id=…&company_id=…&e=…&s=…`: the admin, the Company, when it expires (`e`, in
seconds since 1970, UTC) and the signature (`s`, the hex HMAC-SHA256 of the three before it under
`callbooker.signing_key`). The website passes the four on, as they are, to have them validated.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
"""Every number of a link: positive, as we write it, and no longer than a column of ids holds."""


class LinkRefused(Exception):
    """A support link that is not honoured; the message says why, to whoever followed it."""


class LinksAreOff(LinkRefused):
    """There is nothing to sign or to verify with; the message names the key of the config."""

    def __init__(self) -> None:
        super().__init__(
            "support links are switched off: callbooker.signing_key is empty; give it a long random text there "
            "or in the environment as HERMES_CALLBOOKER__SIGNING_KEY"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportLink:
    """What a good link says: the admin and the Company of the call; `expires` in seconds since 1970, UTC."""

    admin_id: int
    company_id: int
    expires: int


def sign(key: str, admin_id: int, company_id: int, expires: int) -> str:
    """Return the signature of a link, in hex; raises `LinksAreOff` without a key."""
    if not key:
        raise LinksAreOff
    signed = urlencode({"admin_id": admin_id, "company_id": company_id, "e": expires})
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest()


def link(base_url: str, key: str, *, admin_id: int, company_id: int, expires: datetime) -> str:
    """Return a link that is good until `expires` (whole seconds); what the address asks for already stays in it.

    Raises `LinksAreOff` without a key.
    """
    seconds = int(expires.timestamp())
    signature = sign(key, admin_id, company_id, seconds)
    query = urlencode({"admin_id": admin_id, "company_id": company_id, "e": seconds, "s": signature})
    address = urlsplit(base_url)
    return urlunsplit(address._replace(query=f"{address.query}&{query}" if address.query else query))


def verify(key: str, *, admin_id: str, company_id: str, e: str, s: str, now: datetime) -> SupportLink:
    """Return what a link says that came back from the website, part by part as text.

    Raises `LinkRefused` for one that we did not make so, and for one that has expired; `LinksAreOff` without a key.
    """
    if not key:
        raise LinksAreOff
    numbers = (admin_id, company_id, e)
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        raise LinkRefused("the link is not one of ours: a part of it is missing or changed")
    said = SupportLink(admin_id=int(admin_id), company_id=int(company_id), expires=int(e))
    ours = sign(key, said.admin_id, said.company_id, said.expires)
    # In bytes, because texts are compared as ASCII only.
    if not hmac.compare_digest(ours.encode(), s.encode(errors="replace")):
        raise LinkRefused("the link is not one of ours: a part of it is missing or changed")
    if now.timestamp() >= said.expires:
        raise LinkRefused("the link has expired; ask for a new one")
    return said
