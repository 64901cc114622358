"""What is checked of Pipedrive's webhooks: that ours are there, alive, accepted, and lead to one place."""

from collections.abc import Iterator

from hermes_sync.onboarding import webhooks as hooks
from hermes_sync.onboarding.findings import Finding, ok, warning, wrong
from hermes_sync.remotes.pipedrive.account import PipedriveAccount
from hermes_sync.settings import Settings

_ENSURE = "`hermes-sync webhooks ensure --url https://…`"


def webhooks(settings: Settings, account: PipedriveAccount) -> Iterator[Finding]:
    """Check the webhooks that lead to any hermes-sync; the config does not say where this one is reached."""
    found = hooks.sort(account.webhooks(), None)
    login = hooks.login_of(settings)
    for hook in found.dead:
        why = hook.removed_because or "Pipedrive switched it off, as it does after 3 days without a success"
        message = f"webhook {hook.id} to {hooks.place(hook)} is dead: {why}"
        yield wrong(f"webhooks.{hook.id}", message, f"see that the daemon is reached there, then run {_ENSURE}")
    for hook in found.living:
        check, said = f"webhooks.{hook.id}", f"{hook.action}.{hook.object} to {hooks.place(hook)}"
        if hooks.sends_another_login(hook, login):
            message = f"{said} sends another login than [listener] pipedrive_user, so that the daemon refuses it"
            yield wrong(check, message, f"run {_ENSURE} with --replace")
        elif hooks.is_failing(hook):
            answer = hook.last_status or "nothing"
            message = f"{said}: the last delivery, at {hook.last_delivery}, was answered with {answer}"
            yield warning(check, message, "see that the daemon runs and is reached there; 3 such days and it is dead")
        else:
            when = f"last delivery at {hook.last_delivery}" if hook.last_delivery else "nothing delivered yet"
            yield ok(check, f"{said}: {when}")
    yield from _whole(found)
    if login is None and settings.listener.enabled and found.living:
        message = "[listener] pipedrive_user and pipedrive_password are not set, so that anybody may send callbacks"
        yield warning("webhooks.login", message, f"set both, then run {_ENSURE} with --replace")


def _whole(found: hooks.Registered) -> Iterator[Finding]:
    missing = found.uncovered(found.living)
    if not found.living:
        message = "no living webhook leads to hermes-sync: changes are found by polling only, some minutes later"
        yield warning("webhooks", message, f"run {_ENSURE} once the daemon can be reached from outside")
    elif missing:
        yield warning("webhooks", f"no webhook tells of {', '.join(missing)}", f"run {_ENSURE}")
    places = sorted({hooks.place(hook) for hook in found.living})
    if len(places) > 1:
        message = f"webhooks lead to several places: {', '.join(places)}"
        yield warning(
            "webhooks.places", message, "delete those in Pipedrive that lead to a hermes-sync that is no more"
        )
