"""The config.toml that a proposal becomes: commented, so that what could not be found out is there to fill in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from hermes_sync.onboarding.findings import printable
from hermes_sync.onboarding.proposal import AdminChoice, AttributeChoice, FieldChoice, PlanChoice, Proposal

_PLANS: Final = ["payg", "startup", "enterprise"]
_REGIONS: Final = ["GB", "US", "AU", "CA", "EU", "ROW"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What stands in the file only if that is wanted; never shown."""

    api_token: str = field(repr=False)
    api_key: str = field(repr=False)
    signing_key: str = field(repr=False)
    webhook_password: str = field(repr=False)


def config_text(proposal: Proposal, *, pipedrive_url: str, tc2_url: str, secrets: Secrets | None) -> str:
    """Return the file; without `secrets` it says which variables of the environment hold them."""
    return "\n".join(
        [
            "# The settings of hermes-sync, as `hermes-sync init` proposed them; docs/first_steps.md goes on.",
            "# The example config.toml of the project explains every key; those left out here have a default.",
            "# Every key can be overridden by an environment variable HERMES_<SECTION>__<KEY>.",
            "",
            "[database]",
            'url = "sqlite:///hermes.db"    # a relative path starts at the current directory;',
            '                               # or "postgresql+psycopg://user:password@host/database"',
            "",
            "[pipedrive]",
            f"base_url = {toml(pipedrive_url)}",
            _secret("api_token", "HERMES_PIPEDRIVE__API_TOKEN", None if secrets is None else secrets.api_token),
            "daily_token_budget = 30000     # what a day may cost; `hermes-sync doctor` compares it with the account",
            "",
            "# Hermes name = key of the custom field. What has no line, or only a comment, is not synced.",
            *_fields(proposal.fields),
            "[tc2]",
            f"base_url = {toml(tc2_url)}",
            _secret("api_key", "HERMES_TC2__API_KEY", None if secrets is None else secrets.api_key),
            "",
            "# Hermes name = machine name of the extra attribute in TC2.",
            "[tc2.extra_attrs]",
            *map(_attribute, proposal.attributes),
            "",
            "# Where a new Deal starts, by price plan: the ids in Pipedrive.",
            "[pipelines]",
            *(line for plan in proposal.plans for line in _plan(plan)),
            "",
            "# What `hermes-sync daemon` listens on for webhooks and bookings.",
            "[listener]",
            *_login(secrets),
            "",
            "[callbooker]",
            "# Signs the links of support calls.",
            _secret("signing_key", "HERMES_CALLBOOKER__SIGNING_KEY", None if secrets is None else secrets.signing_key),
            "",
            *_admins(proposal),
        ]
    )


def toml(value: object) -> str:
    """Return a value as TOML writes it: texts as JSON does, but for the one sign that only JSON allows."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _secret(key: str, variable: str, value: str | None) -> str:
    return f'# {key} = ""    # give it in the environment as {variable}' if value is None else f"{key} = {toml(value)}"


def _login(secrets: Secrets | None) -> Iterator[str]:
    if secrets is None:
        yield "# The basic auth that Pipedrive's webhooks send, both or neither; better in the environment, as"
        yield "# HERMES_LISTENER__PIPEDRIVE_USER and HERMES_LISTENER__PIPEDRIVE_PASSWORD."
        yield '# pipedrive_user = ""'
        yield '# pipedrive_password = ""'
        return
    yield "# The basic auth that Pipedrive's webhooks send; `hermes-sync webhooks ensure` tells them."
    yield 'pipedrive_user = "hermes"'
    yield f"pipedrive_password = {toml(secrets.webhook_password)}"


def _fields(choices: tuple[FieldChoice, ...]) -> Iterator[str]:
    for section, of_section in groupby(choices, key=lambda choice: choice.known.section):
        yield f"[{section}]"
        for choice in of_section:
            yield from _field(choice)
        yield ""


def _field(choice: FieldChoice) -> Iterator[str]:
    name = choice.known.name
    if choice.chosen is not None:
        note = f"; {choice.note}" if choice.note else ""
        comment = printable(f'"{choice.chosen.name}", {choice.chosen.type}{note}')
        yield f"{name} = {toml(choice.chosen.key)}    # {comment}"
        return
    if choice.rivals:
        yield f"# {name}: {len(choice.rivals)} fields are called so; take the # away from the right one"
        for one in choice.rivals:
            called = printable(f'"{one.name}", {one.type}')
            yield f"# {name} = {toml(one.key)}    # {called}"
        return
    why = choice.note or f'no field of this name in the account; make one, for example "{choice.known.title}"'
    yield f'# {name} = ""    # {printable(why)} ({choice.known.type})'


def _attribute(choice: AttributeChoice) -> str:
    unseen = "" if choice.is_seen else "    # on none of the clients that were read; make it in TC2 if it is not there"
    return f"{choice.name} = {toml(choice.machine_name)}{unseen}"


def _plan(choice: PlanChoice) -> Iterator[str]:
    if choice.pipeline is not None and choice.stage is not None:
        comment = printable(f'"{choice.pipeline.name}", "{choice.stage.name}"')
        yield f"{choice.plan} = {{ pipeline = {choice.pipeline.id}, stage = {choice.stage.id} }}    # {comment}"
        return
    if choice.rivals:
        names = ", ".join(f'{one.id} "{one.name}"' for one in choice.rivals)
        yield f"# {choice.plan}: several pipelines may be meant: {printable(names)}"
    yield f"# {choice.plan} = {{ pipeline = 0, stage = 0 }}    # no pipeline of this name was found; put the ids in"


def _admins(proposal: Proposal) -> Iterator[str]:
    yield "# The team: the active users of Pipedrive. Take out who is none of the team, and put right who does what."
    for one in proposal.unmatched:
        called = " ".join(filter(None, (one.first_name, one.last_name, one.email))) or "nameless"
        yield f"# TC2 also names admin {one.id}, {printable(called)}: no user of Pipedrive has this e-mail."
    for admin in proposal.admins:
        yield "[[admins]]"
        yield from _admin(admin)
        yield ""


def _admin(admin: AdminChoice) -> Iterator[str]:
    yield f"id = {admin.id}    # the id that the website and links use"
    yield f"first_name = {toml(admin.first_name)}"
    yield f"last_name = {toml(admin.last_name)}"
    yield f"email = {toml(admin.email)}"
    unknown = "" if admin.user.timezone else "    # Pipedrive does not say"
    yield f"timezone = {toml(admin.timezone)}{unknown}"
    if admin.colleague is None:
        yield "# tc2_admin_id = 0    # no client that was read names an admin with this e-mail; put the id in TC2 here"
    else:
        yield f"tc2_admin_id = {admin.colleague.id}"
    yield f"pd_owner_id = {admin.user.id}"
    yield f"is_sales_person = {toml(admin.sells)}"
    yield f"is_support_person = {toml(admin.supports)}"
    yield f"is_bdr_person = {toml(admin.develops)}"
    yield f"sells = {toml(_PLANS if admin.sells else [])}"
    yield f"regions = {toml(_REGIONS if admin.sells else [])}"
