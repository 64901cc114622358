"""From what both systems have to the config that fits: pure, so that it can be shown before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hermes_sync.onboarding.known import ATTRIBUTES, KNOWN, PLANS, KnownField, spelling
from hermes_sync.onboarding.survey import Survey
from hermes_sync.remotes.pipedrive.account_rows import CustomField, Pipeline, Stage, User
from hermes_sync.remotes.tc2.branch import Colleague, Sample

_NO_NAME: Final = "-"
"""A last name that Pipedrive does not know; the config wants one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """Which custom field holds a Hermes name: `chosen`, or one of `rivals`, or none; `note` says what is odd."""

    known: KnownField
    chosen: CustomField | None = None
    rivals: tuple[CustomField, ...] = ()
    note: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the account has no field of that name, so that one may be made."""
        return self.chosen is None and not self.rivals and self.note is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoice:
    """Where a Deal of a price plan starts, or which pipelines it might be."""

    plan: str
    pipeline: Pipeline | None = None
    stage: Stage | None = None
    rivals: tuple[Pipeline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChoice:
    """The machine name of an extra attribute, and whether a client had it."""

    name: str
    machine_name: str
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminChoice:
    """A member of the team; `colleague` is the same person in TC2, if a client named one with this e-mail."""

    id: int
    user: User
    email: str
    first_name: str
    last_name: str
    timezone: str
    colleague: Colleague | None
    sells: bool
    supports: bool
    develops: bool
    """Whether a BDR (business development representative)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A config that fits, as far as that can be seen."""

    fields: tuple[FieldChoice, ...]
    plans: tuple[PlanChoice, ...]
    attributes: tuple[AttributeChoice, ...]
    admins: tuple[AdminChoice, ...]
    unmatched: tuple[Colleague, ...]
    """Admins of TC2 that no user of Pipedrive shares an e-mail with."""


def propose(seen: Survey) -> Proposal:
    """Return the config that fits what was seen."""
    admins = _admins(seen.users, seen.sample.colleagues)
    matched = {one.colleague.id for one in admins if one.colleague is not None}
    return Proposal(
        fields=tuple(field_for(known, seen.fields.get(known.kind, ())) for known in KNOWN),
        plans=tuple(_start(plan, seen.pipelines, seen.stages) for plan in PLANS),
        attributes=_attributes(seen.sample),
        admins=admins,
        unmatched=tuple(one for one in seen.sample.colleagues if one.id not in matched),
    )


def field_for(known: KnownField, fields: Iterable[CustomField]) -> FieldChoice:
    """Return which of an account's fields a Hermes name stands for, by their names.

    The likely spellings come before the rest; of several fields only those count whose type can hold it.
    """
    account = [(spelling(one.name), one) for one in fields]
    named = _first([one for name, one in account if name in spellings] for spellings in known.spellings())
    fitting = [one for one in named if one.type in known.types or one.type in known.makeshift]
    if len(fitting) > 1:
        return FieldChoice(known=known, rivals=tuple(fitting))
    if not fitting:
        note = f"{_quoted(named)} cannot hold it: {named[0].type} fields cannot" if named else None
        return FieldChoice(known=known, note=note)
    return FieldChoice(known=known, chosen=fitting[0], note=known.makeshift.get(fitting[0].type))


def start_in(plan: str, pipeline: Pipeline, stages: Iterable[Stage]) -> PlanChoice:
    """Return the start in the first stage of a pipeline; none in a pipeline without stages."""
    first = next((stage for stage in stages if stage.pipeline_id == pipeline.id), None)
    return PlanChoice(plan=plan, pipeline=pipeline if first else None, stage=first)


def _start(plan: str, pipelines: Sequence[Pipeline], stages: Sequence[Stage]) -> PlanChoice:
    """Return where Deals of a plan start: in the pipeline that is called so, else in one that speaks of it."""
    spellings = PLANS[plan]
    called = [one for one in pipelines if spelling(one.name) in spellings]
    speaking = [one for one in pipelines if any(word in spelling(one.name) for word in spellings)]
    found = called or speaking
    if len(found) == 1:
        return start_in(plan, found[0], stages)
    return PlanChoice(plan=plan, rivals=tuple(found))


def _attributes(sample: Sample) -> tuple[AttributeChoice, ...]:
    """Return the attributes that clients have; the usual name of one that none has, because only set ones show."""
    by_spelling = {spelling(name): name for name in sorted(sample.attributes) if not any(map(str.isspace, name))}
    choices = []
    for name, usual in ATTRIBUTES.items():
        found = by_spelling.get(spelling(usual)) or by_spelling.get(spelling(name))
        choices.append(AttributeChoice(name=name, machine_name=found or usual, is_seen=found is not None))
    return tuple(choices)


def _admins(users: Iterable[User], colleagues: Sequence[Colleague]) -> tuple[AdminChoice, ...]:
    """Return the active users with an e-mail of their own, each with the one colleague in TC2 who has it too."""
    by_email: dict[str, list[Colleague]] = {}
    for one in colleagues:
        if one.email:
            by_email.setdefault(one.email.casefold(), []).append(one)
    team: dict[str, User] = {}
    for user in users:
        if user.is_active and user.email and _is_email(user.email):
            team.setdefault(user.email.casefold(), user)
    return tuple(_admin(number, user, by_email) for number, user in enumerate(team.values(), start=1))


def _admin(number: int, user: User, by_email: Mapping[str, list[Colleague]]) -> AdminChoice:
    email = user.email or ""
    found = by_email.get(email.casefold(), [])
    colleague = found[0] if len(found) == 1 else None
    first, last = _names(user, colleague)
    roles = frozenset[str]().union(*(one.roles for one in found))
    return AdminChoice(
        id=number,
        user=user,
        email=email,
        first_name=first,
        last_name=last,
        timezone=known_zone(user.timezone) or "UTC",
        colleague=colleague,
        sells="sales_person" in roles,
        supports="associated_admin" in roles,
        develops="bdr_person" in roles,
    )


def _names(user: User, colleague: Colleague | None) -> tuple[str, str]:
    """Return first and last name; TC2 keeps them apart, Pipedrive does not."""
    if colleague is not None and colleague.first_name and colleague.last_name:
        return colleague.first_name, colleague.last_name
    first, _, last = (user.name or user.email or "").rpartition(" ")
    return (first, last) if first else (last, _NO_NAME)


def known_zone(name: str | None) -> str | None:
    """Return the name of a time zone, None for one that nobody knows."""
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _is_email(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and host) and not any(one.isspace() for one in text)


def _quoted(fields: Sequence[CustomField]) -> str:
    return " and ".join(f'"{one.name}"' for one in fields)


_Found = TypeVar("_Found")


def _first(lists: Iterable[list[_Found]]) -> list[_Found]:
    """Return the first list that holds anything."""
    return next((one for one in lists if one), [])
