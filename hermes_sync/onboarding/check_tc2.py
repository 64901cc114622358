"""What is checked against the TC2 branch: access, extra attributes, admins; all of it from a few clients (facts 9)."""

from collections.abc import Iterator

from hermes_sync.onboarding.findings import Finding, ok, warning
from hermes_sync.onboarding.known import spelling
from hermes_sync.onboarding.survey import CLIENTS_READ
from hermes_sync.remotes.tc2.branch import Sample, Tc2Branch
from hermes_sync.settings import Settings


def read(branch: Tc2Branch) -> Sample:
    """Return what a few clients show; raises what the remote raises."""
    return branch.sample(CLIENTS_READ)


def access(settings: Settings, sample: Sample) -> Iterator[Finding]:
    """Check that the key opens a branch whose clients stand for agencies."""
    yield ok("tc2.access", f"TC2 lets the key in and lists {sample.count} clients")
    if sample.read and not sample.cligencies:
        message = f"none of the {sample.read} clients that were read stands for an agency, so that all are ignored"
        remedy = f"check that tc2.api_key is of TutorCruncher's own branch at {settings.tc2.base_url}"
        yield warning("tc2.cligencies", message, remedy)


def attributes(settings: Settings, sample: Sample) -> Iterator[Finding]:
    """Check that the extra attributes of the config are on a client; TC2 may show only those that are set."""
    check, wanted = "tc2.extra_attrs", settings.attribute_names()
    if not sample.read:
        yield warning(check, "TC2 has no client on which to look for them", "run doctor again once there is one")
        return
    has = {spelling(name) for name in sample.attributes}
    unseen = [f"{name} ({key})" for name, key in wanted.items() if spelling(key) not in has]
    if not unseen:
        yield ok(check, f"{len(wanted)} extra attributes are on the clients that were read")
        return
    message = f"on none of {sample.read} clients that were read: {', '.join(unseen)}"
    remedy = "make those in TC2 that are not there, with exactly these machine names; an empty one may just not show"
    yield warning(check, message, remedy)


def admins(settings: Settings, sample: Sample) -> Iterator[Finding]:
    """Check the team against the admins that clients name."""
    named = {one.id: one for one in sample.colleagues}
    fine = True
    for admin in settings.admins:
        check, who = f"tc2.admins.{admin.id}", f"[[admins]] id {admin.id}, {admin.first_name} {admin.last_name}"
        colleague = None if admin.tc2_admin_id is None else named.get(admin.tc2_admin_id)
        if admin.tc2_admin_id is None:
            fine = False
            message = f"{who}: tc2_admin_id is not set, so that cligencies of this admin are nobody's"
            yield warning(check, message, _who_has(admin.email, sample) or "set it to the id of the admin in TC2")
        elif colleague is not None and (colleague.email or "").casefold() != admin.email.casefold():
            fine = False
            message = f"{who}: the e-mail is {admin.email}, but admin {colleague.id} of TC2 has {colleague.email}"
            yield warning(check, message, "correct email or tc2_admin_id if they are not the same person")
    if fine:
        yield ok("tc2.admins", "nothing that clients say of the team contradicts the config")
    ours = {admin.tc2_admin_id for admin in settings.admins}
    others = [f"{one.first_name} {one.last_name} ({one.id})" for one in sample.colleagues if one.id not in ours]
    if others:
        message = f"clients name admins that no [[admins]] entry has: {', '.join(others)}"
        yield warning("tc2.admins.others", message, "add them, or their cligencies get no sales or support person")


def _who_has(email: str, sample: Sample) -> str | None:
    same = [one.id for one in sample.colleagues if (one.email or "").casefold() == email.casefold()]
    return f"set it to {same[0]}, who has this e-mail in TC2" if len(same) == 1 else None
