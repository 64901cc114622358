"""What is checked against the Pipedrive account: access, custom fields, pipelines, the team, the token budget."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hermes_sync.onboarding.findings import Finding, ok, warning, wrong
from hermes_sync.onboarding.known import KINDS, KNOWN, KnownField
from hermes_sync.onboarding.proposal import field_for, known_zone
from hermes_sync.remotes.pipedrive.account import PipedriveAccount
from hermes_sync.remotes.pipedrive.account_rows import CustomField, User
from hermes_sync.settings import Settings
from hermes_sync.settings.sections import AdminEntry, StartOfDeal

_NEARLY_SPENT: Final = 0.1
"""The share of the day's tokens below which it is worth knowing."""


@dataclass(frozen=True, slots=True)
class Account:
    """The config and the account that it is checked against."""

    settings: Settings
    remote: PipedriveAccount


def access(account: Account) -> Iterator[Finding]:
    """Check that the key opens the account and is an admin's; raises what the remote raises."""
    me = account.remote.me()
    who = f"Pipedrive lets {me.name or 'a nameless user'} ({me.id}) in"
    yield from _default_owner(account.settings.admins, me)
    if me.is_admin:
        yield ok("pipedrive.access", f"{who}, an admin")
        return
    message = f"{who}, who is no admin: what this user may not see looks as if it were deleted"
    yield wrong("pipedrive.access", message, "put the API token of an admin into pipedrive.api_token")


def _default_owner(team: Iterable[AdminEntry], me: User) -> Iterator[Finding]:
    """Tell who becomes the sales person where there is none: Pipedrive gives such an Org to the user of the key."""
    name = next((f"{one.first_name} {one.last_name}" for one in team if one.pd_owner_id == me.id), None)
    if name is not None:
        yield ok(
            "pipedrive.owner",
            f"a Company that nobody sells to becomes {name}'s when its Org is made, whose key this is; "
            "with the key of a user without an [[admins]] entry it stays nobody's",
        )


def fields(account: Account) -> Iterator[Finding]:
    """Check that each mapped custom field exists and can hold what it is for, and what else could be mapped."""
    keys = account.settings.field_keys()
    for kind in KINDS:
        has = account.remote.custom_fields(kind)
        by_key = {field.key: field for field in has}
        known_of_kind = [known for known in KNOWN if known.kind is kind]
        bad = [
            finding
            for known in known_of_kind
            if known.name in keys[kind]
            for finding in _mapped(known, keys[kind][known.name], by_key)
        ]
        yield from bad
        yield from _unmapped(known_of_kind, keys[kind], has)
        if not bad:
            yield ok(f"fields.{kind.value}", f"{len(keys[kind])} mapped fields are there and fit")


def _mapped(known: KnownField, key: str, by_key: Mapping[str, CustomField]) -> Iterator[Finding]:
    check, dotted = f"fields.{known.kind.value}.{known.name}", f"{known.section}.{known.name}"
    field = by_key.get(key)
    if field is None:
        same = field_for(known, by_key.values()).chosen
        guess = f'did you mean "{same.name}", {dotted} = "{same.key}"? Else' if same else "Either correct it, or"
        message = f"{dotted} is {key}, which is no custom field of the account; Pipedrive refuses it on every write"
        yield wrong(check, message, f"{guess} take the line out of the config")
    elif field.type in known.makeshift:
        message = f'{dotted} is "{field.name}", a {field.type} field: {known.makeshift[field.type]}'
        yield warning(check, message, f"make a {known.type} field in Pipedrive and put its key there")
    elif field.type not in known.types:
        message = f'{dotted} is "{field.name}", a {field.type} field, which cannot hold it'
        yield wrong(check, message, f"make a {known.type} field in Pipedrive and put its key there")


def _unmapped(known_of_kind: list[KnownField], keys: Mapping[str, str], has: list[CustomField]) -> Iterator[Finding]:
    """Check what is not mapped: a field that is there by its name, and the one that no kind should be without."""
    taken = set(keys.values())
    unsynced: list[str] = []
    for known in known_of_kind:
        if known.name in keys:
            continue
        check, dotted = f"fields.{known.kind.value}.{known.name}", f"{known.section}.{known.name}"
        choice = field_for(known, [field for field in has if field.key not in taken])
        candidates = choice.rivals or ((choice.chosen,) if choice.chosen else ())
        if candidates:
            named = " or ".join(f'"{one.name}" ({one.key})' for one in candidates)
            message = f"{dotted} is not set, but the account has {named}"
            yield warning(check, message, f"set {dotted} to the key if that is the one, so that it is synced")
        elif known.name == "hermes_id":
            message = f"{dotted} is not set: a create whose answer was lost cannot be found again, and is made twice"
            yield warning(check, message, 'make a text field "Hermes ID" in Pipedrive and put its key there')
        else:
            unsynced.append(known.name)
    if unsynced:
        yield ok("fields.unmapped", f"not synced, because the config has no key: {', '.join(unsynced)}")


def pipelines(account: Account) -> Iterator[Finding]:
    """Check that the pipelines and stages in which Deals start exist and fit together."""
    pipelines_ = {one.id: one for one in account.remote.pipelines()}
    stage_of = {stage.id: stage.pipeline_id for stage in account.remote.stages()}
    starts: dict[str, StartOfDeal | None] = dict(account.settings.pipelines)
    for plan, start in starts.items():
        check, dotted = f"pipelines.{plan}", f"pipelines.{plan}"
        if start is None:
            message = f"{dotted} is not set, so that a new Deal of that plan starts wherever Pipedrive puts it"
            yield warning(check, message, f"set {dotted} = {{ pipeline = …, stage = … }}")
        elif start.pipeline not in pipelines_:
            there = ", ".join(f"{one.id} {one.name}" for one in pipelines_.values()) or "none"
            message = f"{dotted}: pipeline {start.pipeline} is not in the account"
            yield wrong(check, message, f"put one of these there: {there}")
        elif stage_of.get(start.stage) != start.pipeline:
            inside = [str(stage) for stage, pipeline in stage_of.items() if pipeline == start.pipeline]
            where = f"in pipeline {stage_of[start.stage]}" if start.stage in stage_of else "not in the account"
            message = f"{dotted}: stage {start.stage} is {where}, not in pipeline {start.pipeline}"
            yield wrong(check, message, f"put one of its stages there: {', '.join(inside) or 'it has none'}")
        else:
            yield ok(check, f'a Deal starts in "{pipelines_[start.pipeline].name}", stage {start.stage}')


def admins(account: Account) -> Iterator[Finding]:
    """Check the team against the users of the account."""
    team = account.settings.admins
    if not team:
        message = "no [[admins]] are set, so that no Company gets a sales person and no call can be booked"
        yield warning(
            "admins", message, "add an [[admins]] entry for each of the team; `hermes-sync init` proposes them"
        )
        return
    users = {user.id: user for user in account.remote.users()}
    bad = [finding for admin in team for finding in _admin(admin, users)]
    yield from bad
    for role, it_is in (("sales", "is_sales_person"), ("support", "is_support_person")):
        if not any(getattr(admin, it_is) for admin in team):
            message = f"nobody is a {role} person, so that choosing one in turn finds nobody"
            yield warning(f"admins.{role}", message, f"set {it_is} = true for who takes {role} calls")
    if not bad:
        yield ok("admins", f"{len(team)} admins are active users of Pipedrive")
    known = {admin.pd_owner_id for admin in team}
    others = [f"{user.name} ({user.id})" for user in users.values() if user.is_active and user.id not in known]
    if others:
        yield ok("admins.others", f"users without an [[admins]] entry, who count as nobody: {', '.join(others)}")


def _admin(admin: AdminEntry, users: Mapping[int, User]) -> Iterator[Finding]:
    check, who = f"admins.{admin.id}", f"[[admins]] id {admin.id}, {admin.first_name} {admin.last_name}"
    if admin.pd_owner_id is None:
        message = f"{who}: pd_owner_id is not set, so that what this admin owns in Pipedrive is nobody's"
        yield warning(check, message, "set it to the id of the user in Pipedrive")
        return
    user = users.get(admin.pd_owner_id)
    if user is None or not user.is_active:
        state = "is no user of the account" if user is None else "is a user who was deactivated"
        same = next((one for one in users.values() if one.is_active and _same(one.email, admin.email)), None)
        guess = f"did you mean {same.id}, who has this e-mail?" if same else "set it to the id of an active user"
        yield wrong(check, f"{who}: pd_owner_id {admin.pd_owner_id} {state}", guess)
        return
    if not _same(user.email, admin.email):
        message = f"{who}: the e-mail is {admin.email}, but user {user.id} of Pipedrive has {user.email or 'none'}"
        yield warning(check, message, "correct email or pd_owner_id if they are not the same person")
    zone = known_zone(user.timezone)
    if zone is not None and zone != admin.timezone:
        message = f"{who}: the time zone is {admin.timezone}, but {zone} in Pipedrive"
        yield warning(check, message, "correct timezone if calls would be offered at the wrong hours")


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").strip().casefold() == (other or "").strip().casefold()


def tokens(account: Account) -> Iterator[Finding]:
    """Check the day's token budget against what the account may spend, as its last answers said."""
    usage, budget = account.remote.usage, account.settings.pipedrive.daily_token_budget
    if usage.daily_limit is None:
        yield ok("tokens", f"Pipedrive did not say what the account may spend; the config plans with {budget} a day")
        return
    if budget > usage.daily_limit:
        message = f"pipedrive.daily_token_budget is {budget}, but the account may spend {usage.daily_limit} a day"
        yield warning("tokens", message, "lower it: other programs that use the account spend from the same tokens")
    elif usage.daily_left is not None and usage.daily_left < usage.daily_limit * _NEARLY_SPENT:
        message = f"{usage.daily_left} of {usage.daily_limit} tokens are left of this day"
        yield warning("tokens", message, "run passes less often, or find out what else uses the account")
    else:
        left = "" if usage.daily_left is None else f", {usage.daily_left} of them left today"
        yield ok("tokens", f"{budget} a day are planned, the account may spend {usage.daily_limit}{left}")
