"""`init` as its own table of contents: ask, look, propose, settle, make what is missing, write."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hermes_sync.onboarding.access import KEY_VARIABLE, TOKEN_VARIABLE, Access, access, verified
from hermes_sync.onboarding.asking import Asker
from hermes_sync.onboarding.config_text import Secrets, config_text
from hermes_sync.onboarding.findings import printable
from hermes_sync.onboarding.proposal import FieldChoice, PlanChoice, Proposal, propose, start_in
from hermes_sync.onboarding.proposal_text import proposal_lines
from hermes_sync.onboarding.survey import Survey, pipedrive_at, survey, tc2_at
from hermes_sync.onboarding.team import settled_team
from hermes_sync.onboarding.writing import raise_if_taken, write_config
from hermes_sync.ports import Clock, RemoteDenied, RemoteRefused
from hermes_sync.remotes.pipedrive.account import PipedriveAccount

Keys = Literal["file", "environment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for; `keys` None lets a person say where the keys are kept."""

    file: Path
    force: bool
    pipedrive_url: str | None
    tc2_url: str | None
    create_fields: bool
    keys: Keys | None


def make_config(wishes: Wishes, asker: Asker, environment: Mapping[str, str], clock: Clock) -> None:
    """Make a config.toml for two real accounts; nothing is written unless everything before went well.

    Raises `ConfigError` and what the remotes raise.
    """
    raise_if_taken(wishes.file, force=wishes.force)
    way = access(wishes.pipedrive_url, wishes.tc2_url, asker, environment)
    with (
        pipedrive_at(way.pipedrive_url, way.api_token, clock) as account,
        tc2_at(way.tc2_url, way.api_key, clock) as branch,
    ):
        asker.say("asking both systems…")
        me = verified(account, branch, way)
        seen = survey(me, account, branch)
        proposal = _settled(propose(seen), seen, asker)
        for line in proposal_lines(proposal, seen):
            asker.show(line)
        proposal = _with_new_fields(proposal, account, asker, create=wishes.create_fields)
    proposal = replace(proposal, admins=settled_team(proposal.admins, asker))
    _write(wishes, way, proposal, asker)


def _settled(proposal: Proposal, seen: Survey, asker: Asker) -> Proposal:
    """Return the proposal with what a person chose where names were not clear."""
    return replace(
        proposal,
        fields=tuple(_settled_field(choice, asker) if choice.rivals else choice for choice in proposal.fields),
        plans=tuple(_settled_plan(plan, seen, asker) if plan.stage is None else plan for plan in proposal.plans),
    )


def _settled_field(choice: FieldChoice, asker: Asker) -> FieldChoice:
    question = f"Which field is {choice.known.name} of [{choice.known.section}]?"
    chosen = asker.choice(question, [printable(f"{one.name}, {one.type}, key {one.key}") for one in choice.rivals])
    if chosen is None:
        return choice
    field = choice.rivals[chosen]
    return FieldChoice(known=choice.known, chosen=field, note=choice.known.makeshift.get(field.type))


def _settled_plan(choice: PlanChoice, seen: Survey, asker: Asker) -> PlanChoice:
    pipelines = choice.rivals or seen.pipelines
    if not pipelines:
        return choice
    question = f"In which pipeline does a Deal with the price plan {choice.plan} start?"
    chosen = asker.choice(question, [printable(f"{one.name} ({one.id})") for one in pipelines])
    return choice if chosen is None else start_in(choice.plan, pipelines[chosen], seen.stages)


def _with_new_fields(proposal: Proposal, account: PipedriveAccount, asker: Asker, *, create: bool) -> Proposal:
    """Return the proposal with the custom fields that were made, which takes a yes."""
    missing = [choice for choice in proposal.fields if choice.is_missing]
    if not missing:
        return proposal
    names = ", ".join(f"{one.known.title} ({one.known.kind.value}, {one.known.type})" for one in missing)
    asker.say(f"custom fields that the account lacks: {names}")
    if not create and not asker.yes(f"Make these {len(missing)} custom fields in Pipedrive now?", default=False):
        return proposal
    made = {id(choice): _created(choice, account, asker) for choice in missing}
    return replace(proposal, fields=tuple(made.get(id(choice), choice) for choice in proposal.fields))


def _created(choice: FieldChoice, account: PipedriveAccount, asker: Asker) -> FieldChoice:
    known = choice.known
    try:
        field = account.create_field(known.kind, known.title, known.type)
    except (RemoteRefused, RemoteDenied) as error:
        asker.say(f"{known.title} was not made: {error}")
        return replace(choice, note=f"Pipedrive refused to make {known.title}; make it by hand")
    asker.show(f'made "{known.title}" ({known.kind.value}, {known.type}): {field.key}')
    return FieldChoice(known=known, chosen=field)


def _write(wishes: Wishes, way: Access, proposal: Proposal, asker: Asker) -> None:
    in_file = _keys_in_file(wishes, way, asker)
    kept = (
        Secrets(
            api_token=way.api_token,
            api_key=way.api_key,
            signing_key=secrets.token_urlsafe(32),
            webhook_password=secrets.token_urlsafe(24),
        )
        if in_file
        else None
    )
    text = config_text(proposal, pipedrive_url=way.pipedrive_url, tc2_url=way.tc2_url, secrets=kept)
    write_config(wishes.file, text, force=wishes.force, private=in_file)
    if in_file:
        asker.show(f"{wishes.file} is written; it holds the keys, so that only you may read it")
    else:
        asker.show(f"{wishes.file} is written; the keys stay outside: {TOKEN_VARIABLE} and {KEY_VARIABLE}")
    asker.show("Next: hermes-sync doctor (checks everything), then hermes-sync diff (shows what a pass would do)")


def _keys_in_file(wishes: Wishes, way: Access, asker: Asker) -> bool:
    if wishes.keys is not None:
        return wishes.keys == "file"
    question = f"Keep both keys in {wishes.file}? (Otherwise they must be in the environment of every command)"
    return asker.yes(question, default=not way.from_environment)
