"""`init`, `doctor` and `webhooks ensure`: first steps with real accounts."""

from enum import StrEnum
from typing import Annotated

import typer

from hermes_sync.cli.app import AsJson, options_of

webhooks = typer.Typer(help="Pipedrive's webhooks.", no_args_is_help=True, rich_markup_mode=None)


class Keys(StrEnum):
    """Where the two keys are kept."""

    FILE = "file"
    ENVIRONMENT = "environment"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(init)
    app.command()(doctor)
    app.add_typer(webhooks, name="webhooks")


def init(
    ctx: typer.Context,
    *,
    pipedrive_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Pipedrive's address, such as https://acme.pipedrive.com.")
    ] = None,
    tc2_url: Annotated[
        str | None, typer.Option(metavar="URL", help="TC2's address; https://secure.tutorcruncher.com when not given.")
    ] = None,
    create_fields: Annotated[
        bool, typer.Option("--create-fields", help="Make the custom fields that Pipedrive lacks, without asking.")
    ] = False,
    keys: Annotated[
        Keys | None, typer.Option(help="Keep the keys in the config, or leave them to the environment.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what is proposed, leave out what is not clear.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the config that is there.")] = False,
) -> None:
    """Make a config for two real accounts. Looks at both, proposes the mapping by name, asks, writes config.toml."""
    from hermes_sync.cli import first_steps
    from hermes_sync.cli.session import answering
    from hermes_sync.onboarding.first_config import Wishes

    _check_addresses(pipedrive_url, tc2_url)
    options = options_of(ctx)
    with answering(options) as masking:
        wishes = Wishes(
            file=first_steps.config_file(options),
            force=force,
            pipedrive_url=pipedrive_url,
            tc2_url=tc2_url,
            create_fields=create_fields,
            keys=None if keys is None else keys.value,
        )
        first_steps.init(wishes, masking, ask=not yes)


def _check_addresses(pipedrive_url: str | None, tc2_url: str | None) -> None:
    from hermes_sync.cli import first_steps
    from hermes_sync.onboarding.access import PIPEDRIVE_EXAMPLE, TC2_URL, address

    for option, said, example in (
        ("--pipedrive-url", pipedrive_url, PIPEDRIVE_EXAMPLE),
        ("--tc2-url", tc2_url, TC2_URL),
    ):
        if said is not None:
            with first_steps.wrong_usage(option):
                address(said, option, example)


def doctor(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Check config, access, fields, team, clock, database and webhooks. Writes nothing; exits 1 if one is wrong."""
    from hermes_sync.cli import first_steps
    from hermes_sync.cli.session import answering

    options = options_of(ctx)
    with answering(options, as_json=as_json) as masking:
        code = first_steps.doctor(first_steps.config_file(options), masking, as_json=as_json)
    raise typer.Exit(code)


@webhooks.command()
def ensure(
    ctx: typer.Context,
    *,
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where Pipedrive reaches the daemon, such as https://hermes.example.com.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace ours when they send another login than the config says.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and do nothing.")] = False,
) -> None:
    """Register Pipedrive's webhooks once. A second run does nothing; dead ones of ours are replaced."""
    from hermes_sync.cli import first_steps
    from hermes_sync.cli.session import configured
    from hermes_sync.onboarding.webhooks import callback_of

    with first_steps.wrong_usage("--url"):
        callback_of(url)
    with configured(options_of(ctx)) as settings:
        first_steps.ensure(settings, url=url, replace=replace, dry_run=dry_run)
