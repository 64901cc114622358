"""Links to a support call: nobody makes one without the key, nobody changes one, and none is good for ever."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hermes_sync.core.support_links import LinkRefused, LinksAreOff, SupportLink, link, sign, verify

KEY = "a long random text"
NOW = datetime(2026, 5, 14, 12, 0, 0, 250_000, UTC)
SOON = NOW + timedelta(days=4)
BASE = "https://tutorcruncher.com/book-a-call"


def made(base_url: str = BASE, key: str = KEY) -> str:
    """Return the link of an admin and a Company."""
    return link(base_url, key, admin_id=1, company_id=57, expires=SOON)


def parts(address: str) -> dict[str, str]:
    """Return what the website reads from a link."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


GOOD = parts(made())


def check(now: datetime = NOW, key: str = KEY, **changed: str) -> SupportLink:
    """Have a link validated, some of its parts changed."""
    said = {**GOOD, **changed}
    return verify(key, admin_id=said["admin_id"], company_id=said["company_id"], e=said["e"], s=said["s"], now=now)


def test_what_is_in_a_link_comes_back() -> None:
    """The four parts, passed on as they are, say whose call it is and until when the link is good."""
    assert set(GOOD) == {"admin_id", "company_id", "e", "s"}
    assert check() == SupportLink(admin_id=1, company_id=57, expires=int(SOON.timestamp()))


def test_a_link_is_the_address_of_the_config_with_a_query() -> None:
    """What the address asks for already, and its anchor, stay in it."""
    assert made().startswith(f"{BASE}?admin_id=1&company_id=57&e=")
    assert made(f"{BASE}?lang=en#form").startswith(f"{BASE}?lang=en&admin_id=1&")
    assert made(f"{BASE}?lang=en#form").endswith(f"s={GOOD['s']}#form")


def test_a_link_is_good_until_the_second_in_which_it_expires() -> None:
    """At that second it is refused, and ever after, with a reason for who followed it."""
    last = datetime.fromtimestamp(int(GOOD["e"]), UTC)

    assert check(now=last - timedelta(microseconds=1))
    for late in (timedelta(0), timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=400)):
        with pytest.raises(LinkRefused, match="expired"):
            check(now=last + late)


OTHER = [
    {"admin_id": "2"},
    {"company_id": "58"},
    {"e": str(int(GOOD["e"]) + 1)},
    {"s": sign(KEY, 1, 58, int(GOOD["e"]))},
    {"s": GOOD["s"][:-1]},
    {"s": GOOD["s"].upper()},
    {"s": ""},
    {"s": "ü" * 64},
    {"s": "\ud800"},
    {"admin_id": "57", "company_id": "1"},
    {"admin_id": "15", "company_id": "7"},
]


@pytest.mark.parametrize("changed", OTHER, ids=range(len(OTHER)))
def test_a_link_with_any_part_changed_is_refused(changed: dict[str, str]) -> None:
    """The signature covers the admin, the Company and the expiry, each in its place."""
    with pytest.raises(LinkRefused, match="not one of ours"):
        check(**changed)


NO_NUMBERS = [
    "",
    "0",
    "-1",
    "+1",
    "01",
    " 1",
    "1\n",
    "1.0",
    "1e3",
    "0x1",
    "१",
    "¹",
    "nan",
    "null",
    "9" * 19,
    "9" * 5000,
]


@pytest.mark.parametrize("part", ["admin_id", "company_id", "e"])
@pytest.mark.parametrize("garbage", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_what_is_no_number_of_ours_is_refused(part: str, garbage: str) -> None:
    """Huge, negative or oddly written numbers are no part of a link, and break nothing."""
    with pytest.raises(LinkRefused, match="not one of ours"):
        check(**{part: garbage})


def test_a_huge_expiry_that_we_signed_is_good() -> None:
    """A number beyond what calendars know is compared as the number it is."""
    far = 10**17
    said = check(e=str(far), s=sign(KEY, 1, 57, far))

    assert said.expires == far


def test_another_key_makes_other_links() -> None:
    """Changing the key of the config ends all links that are out."""
    with pytest.raises(LinkRefused, match="not one of ours"):
        check(key="another")


def test_without_a_key_there_are_no_links() -> None:
    """Nothing is signed with an empty key, and nothing verified; the message names the key of the config."""
    with pytest.raises(LinksAreOff, match=r"callbooker\.signing_key is empty"):
        made(key="")
    with pytest.raises(LinksAreOff, match="switched off"):
        check(key="")


@given(admin_id=st.text(), company_id=st.text(), e=st.text(), s=st.text())
def test_nothing_a_stranger_makes_up_is_a_link(admin_id: str, company_id: str, e: str, s: str) -> None:
    """Whatever comes in is refused with a sentence."""
    assume(s != GOOD["s"])
    with pytest.raises(LinkRefused):
        verify(KEY, admin_id=admin_id, company_id=company_id, e=e, s=s, now=NOW)


def test_times_of_other_zones_are_the_same_times() -> None:
    """An expiry is an instant, wherever it is written."""
    there = SOON.astimezone(datetime.fromisoformat("2026-01-01T00:00+05:30").tzinfo)

    assert link(BASE, KEY, admin_id=1, company_id=57, expires=there) == made()
