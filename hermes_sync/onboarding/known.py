"""The custom fields that hermes-sync knows: what people call them, and which types can hold them (interface 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hermes_sync.core.records import RemoteKind

_TEXTS: Final = frozenset({"varchar", "text", "varchar_auto"})
_CHOICES: Final = frozenset({"enum", "set"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownField:
    """A custom field by its Hermes name.

    `title` is what it is called when we make it, and `type` the type that it then gets; `types` can hold it well,
    `makeshift` says of other types what goes wrong with them. Any further type cannot hold it.
    """

    kind: RemoteKind
    name: str
    title: str
    type: str = "varchar"
    types: frozenset[str] = _TEXTS
    makeshift: Mapping[str, str] = field(default_factory=dict)
    also_called: frozenset[str] = frozenset()

    @property
    def section(self) -> str:
        """The section of config.toml that maps it."""
        return f"pipedrive.fields.{self.kind.value}"

    def spellings(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return how its name may be spelt, once case, spaces and signs are gone: the likely ones, then the rest."""
        return frozenset({spelling(self.title), spelling(self.name)}), self.also_called


def spelling(name: str) -> str:
    """Return a name without what does not count: case, spaces, underscores and other signs."""
    return "".join(one for one in name.casefold() if one.isalnum())


_OPTIONS: Final[Mapping[str, str]] = dict.fromkeys(
    _CHOICES, "a value that is none of its options is not written; a text field takes every value"
)
_IN_TEXT: Final[Mapping[str, str]] = dict.fromkeys(
    (*_TEXTS, "double"), "it holds the number of a user; a user field shows who that is"
)


def _hermes_id(kind: RemoteKind) -> KnownField:
    drops = "a merge in Pipedrive drops one of two numbers, but joins two texts; a text field loses no merge"
    return KnownField(kind=kind, name="hermes_id", title="Hermes ID", makeshift={"double": drops})


def _of_org(
    name: str,
    title: str,
    *,
    type_: str = "varchar",
    types: frozenset[str] = _TEXTS,
    makeshift: Mapping[str, str] = _OPTIONS,
    also_called: tuple[str, ...] = (),
) -> KnownField:
    return KnownField(
        kind=RemoteKind.ORGANIZATION,
        name=name,
        title=title,
        type=type_,
        types=types,
        makeshift=makeshift,
        also_called=frozenset(also_called),
    )


KNOWN: Final = (
    _hermes_id(RemoteKind.ORGANIZATION),
    _of_org("tc2_status", "TC2 status", also_called=("tutorcruncherstatus",)),
    _of_org("tc2_cligency_url", "TC2 cligency URL", makeshift={}, also_called=("tc2url", "cligencyurl")),
    _of_org(
        "paid_invoice_count",
        "Paid invoice count",
        type_="double",
        types=frozenset({"double"}),
        makeshift=dict.fromkeys(_TEXTS, "numbers in a text field cannot be summed or compared in Pipedrive"),
        also_called=("paidinvoices",),
    ),
    _of_org("price_plan", "Price plan", types=_TEXTS | _CHOICES, makeshift={}),
    _of_org("website", "Website", makeshift={}),
    _of_org(
        "estimated_income",
        "Estimated income",
        makeshift=dict.fromkeys(("double", "monetary"), "an answer that is no plain number is not written"),
        also_called=("estimatedmonthlyincome",),
    ),
    _of_org("currency", "Currency"),
    _of_org("utm_source", "UTM source"),
    _of_org("utm_campaign", "UTM campaign"),
    _of_org(
        "signup_questionnaire",
        "Signup questionnaire",
        type_="text",
        types=frozenset({"text"}),
        makeshift=dict.fromkeys(("varchar", "varchar_auto"), "it holds 255 characters, and questionnaires are longer"),
    ),
    _of_org("support_person_id", "Support person", type_="user", types=frozenset({"user"}), makeshift=_IN_TEXT),
    _of_org("bdr_person_id", "BDR person", type_="user", types=frozenset({"user"}), makeshift=_IN_TEXT),
    _hermes_id(RemoteKind.PERSON),
    _hermes_id(RemoteKind.DEAL),
)
"""In the order of the example config.toml."""

KINDS: Final = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)

PLANS: Final[Mapping[str, frozenset[str]]] = {
    "payg": frozenset({"payg", "payasyougo"}),
    "startup": frozenset({"startup"}),
    "enterprise": frozenset({"enterprise"}),
}
"""Price plan → how the name of its pipeline may be spelt."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "pipedrive_url": "pipedrive_url",
    "pipedrive_id": "pipedrive_id",
    "pipedrive_deal_stage": "pipedrive_deal_stage",
    "pipedrive_pipeline": "pipedrive_pipeline",
    "estimated_income": "estimated_monthly_income",
    "currency": "currency",
    "utm_source": "utm_source",
    "utm_campaign": "utm_campaign",
}
"""Hermes name → the machine name that TutorCruncher uses for it in TC2 (interface 2)."""
