"""What people type: small pools, so that names and addresses meet, and some oddities that real accounts hold."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

COMPANY_NAMES: Final = ("Acme", "Beacon", "Cedar", "acme ", "Delta  Tutors", "Delta Tutors", "Éclair & Søn", "x" * 300)
FIRST_NAMES: Final = ("Mary", "John", "Ngozi", "Anne Marie")
LAST_NAMES: Final = ("Booth", "Smith", "O'Hara")
EMAILS: Final = ("mary@example.com", "MARY@example.com ", "john@example.com", "ngozi@example.org", "info@acme.example")
PHONES: Final = ("+44 20 7946 0000", "(020) 7946-0000", "555 0100")
TITLES: Final = ("Demo", "Renewal", "demo", "Upgrade ✓")
PLANS: Final[Mapping[str | None, str | None]] = {
    "1-payg": "payg",
    "monthly-payg": "payg",
    "2-startup": "startup",
    "3-enterprise": "enterprise",
    "4-odd": "payg",
    None: None,
}
"""What TC2 says, and what Hermes makes of it."""
STATUSES: Final = ("pending_email_conf", "trial", "active", "active-not-paying", "suspended", "terminated", None)
WEBSITES: Final = ("https://acme.example", "acme.example", "", None)
OWNERS: Final = (99, 98, 97)
"""The last one is no admin of the config."""
TC2_ADMINS: Final = (30, 31, 32, None)
"""As above."""
COUNTRIES: Final[Mapping[str | None, str | None]] = {
    "United Kingdom (GB)": "GB",
    "United Kingdom": "GB",
    "GB": "GB",
    "France": "FR",
    "FR": "FR",
    "Atlantis": "Atlantis",
    None: None,
}
"""What is typed, and what Hermes makes of it."""


def email(dice: Random) -> str:
    """Return an address that may be somebody's already."""
    return dice.choice(EMAILS)


def org_fields(dice: Random) -> dict[str, Any]:
    """Return one or two fields of an Org as a person changes them."""
    every: dict[str, Any] = {
        "name": dice.choice(COMPANY_NAMES),
        "owner_id": dice.choice((*OWNERS, None)),
        "country": dice.choice(tuple(COUNTRIES)),
        "custom": org_custom(dice),
    }
    return _some(every, dice)


def org_custom(dice: Random) -> dict[str, Any]:
    """Return custom fields of an Org that are TC2's once there is a cligency."""
    every: dict[str, Any] = {
        "tc2_status": dice.choice(("trial", "ACTIVE", "", None)),
        "paid_invoice_count": dice.choice((0, 3, 3.0, None)),
        "price_plan": dice.choice(("payg", "startup", None)),
        "website": dice.choice(WEBSITES),
        "support_person_id": dice.choice((*OWNERS, None)),
    }
    return _some(every, dice)


def person_fields(dice: Random) -> dict[str, Any]:
    """Return one or two fields of a Person as a person changes them."""
    every: dict[str, Any] = {
        "name": person_name(dice),
        "emails": [email(dice) for _ in range(dice.choice((0, 1, 1, 2)))],
        "phones": [dice.choice(PHONES) for _ in range(dice.choice((0, 1)))],
    }
    return _some(every, dice)


def person_name(dice: Random) -> str:
    """Return a name, or only half of one."""
    return dice.choice((dice.choice(FIRST_NAMES), f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"))


def agency_fields(dice: Random) -> dict[str, Any]:
    """Return some fields of an agency as TC2 changes them."""
    every: dict[str, Any] = {
        "name": dice.choice((*COMPANY_NAMES, "Fennel")),
        "status": dice.choice(STATUSES),
        "website": dice.choice(WEBSITES),
        "paid_invoice_count": dice.choice((0, 1, 7)),
        "price_plan": dice.choice(tuple(PLANS)),
        "country": dice.choice(tuple(COUNTRIES)),
        "narc": dice.choice((True, False, None)),
        "signup_questionnaire": dice.choice((None, {}, {"b": 1, "a": "two"})),
    }
    return _some(every, dice)


def client_people(dice: Random) -> dict[str, Any]:
    """Return who looks after a cligency."""
    every = {name: dice.choice(TC2_ADMINS) for name in ("sales_person", "support_person", "bdr_person")}
    return _some(every, dice)


def recipient(dice: Random) -> dict[str, Any]:
    """Return an SR, perhaps without an e-mail or a first name."""
    return {
        "first_name": dice.choice((*FIRST_NAMES, None)),
        "last_name": dice.choice(LAST_NAMES),
        "email": dice.choice((*EMAILS, None)),
    }


def _some(every: dict[str, Any], dice: Random) -> dict[str, Any]:
    return {name: every[name] for name in sorted(dice.sample(sorted(every), dice.choice((1, 1, 2))))}
