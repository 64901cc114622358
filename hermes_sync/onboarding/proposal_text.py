"""A proposal as people read it before it becomes a file."""

from collections.abc import Iterator
from itertools import groupby

from hermes_sync.onboarding.findings import printable
from hermes_sync.onboarding.proposal import AdminChoice, FieldChoice, PlanChoice, Proposal
from hermes_sync.onboarding.survey import Survey


def proposal_lines(proposal: Proposal, seen: Survey) -> Iterator[str]:
    """Yield the lines that show what was found and what would be written."""
    admin = "an admin" if seen.me.is_admin else "NOT an admin, so that it may not see everything: use an admin's key"
    yield f"Pipedrive: the key is {printable(seen.me.name or 'nameless')}'s, {admin}; {len(seen.users)} users"
    sample = seen.sample
    yield f"TC2: {sample.count} clients; of {sample.read} that were read {sample.cligencies} stand for an agency"
    for section, choices in groupby(proposal.fields, key=lambda choice: choice.known.section):
        yield ""
        yield f"[{section}]"
        yield from (printable(_field(choice)) for choice in choices)
    yield ""
    yield "[tc2.extra_attrs]"
    for attribute in proposal.attributes:
        unseen = "" if attribute.is_seen else "  (on none of the clients that were read)"
        yield printable(f"{attribute.name} = {attribute.machine_name}{unseen}")
    yield ""
    yield "[pipelines]"
    yield from (printable(_plan(choice)) for choice in proposal.plans)
    yield ""
    yield "[[admins]]"
    yield from (printable(_admin(admin)) for admin in proposal.admins)
    for one in proposal.unmatched:
        called = " ".join(filter(None, (one.first_name, one.last_name)))
        yield printable(f"TC2's admin {one.id} {called} has the e-mail of no user of Pipedrive")
    yield ""


def _field(choice: FieldChoice) -> str:
    name = choice.known.name
    if choice.chosen is not None:
        note = f"  ({choice.note})" if choice.note else ""
        return f'{name} = "{choice.chosen.name}", {choice.chosen.type}{note}'
    if choice.rivals:
        rivals = ", ".join(f'"{one.name}" {one.type} {one.key[:8]}…' for one in choice.rivals)
        return f"{name}: left out, because several fields are called so: {rivals}"
    return f"{name}: left out, because {choice.note or 'the account has no field of this name'}"


def _plan(choice: PlanChoice) -> str:
    if choice.pipeline is not None and choice.stage is not None:
        return f'{choice.plan} = pipeline {choice.pipeline.id} "{choice.pipeline.name}", stage "{choice.stage.name}"'
    why = "several pipelines may be meant" if choice.rivals else "no pipeline of this name with a stage was found"
    return f"{choice.plan}: left out, because {why}"


def _admin(admin: AdminChoice) -> str:
    does = [
        word for word, it_is in (("sales", admin.sells), ("support", admin.supports), ("BDR", admin.develops)) if it_is
    ]
    tc2 = f"TC2 admin {admin.colleague.id}" if admin.colleague is not None else "not seen in TC2"
    name = f"{admin.first_name} {admin.last_name}"
    return f"{admin.id}: {name}, {admin.email}, {tc2}, {', '.join(does) or 'no role known'}"
