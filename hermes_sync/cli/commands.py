"""The commands of interface 1, but for those of calls, of the first steps and the daemon."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hermes_sync.cli.app import AsJson, Full, Since, options_of

PIPEDRIVE_PORT = 8765
TC2_PORT = 8766
"""Where `sandbox` serves unless told otherwise; the example config.toml says the same."""

db = typer.Typer(help="The schema of the database.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(demo)
    app.command()(sandbox)
    app.command()(diff)
    app.command()(reconcile)
    app.command()(export)
    app.command()(status)
    app.command(context_settings={"ignore_unknown_options": True})(explain)  # -5 is no option, and no id either
    app.command()(history)
    app.command()(retry)
    app.command()(rules)
    app.add_typer(db, name="db")


def _list_name(said: str) -> str:
    from hermes_sync.reports import EXPORTED

    singular = {_singular(one): one for one in EXPORTED}
    name = singular.get(said.lower(), said.lower())
    if name not in EXPORTED:
        raise typer.BadParameter(f"{said!r} is no list of objects; there are {', '.join(EXPORTED)}")
    return name


def _singular(name: str) -> str:
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


def demo(ctx: typer.Context) -> None:
    """Tell the whole story against built-in twins. Exits 0 only if everything converged."""
    from hermes_sync import demo as story
    from hermes_sync.cli.session import FAILED, answering

    with answering(options_of(ctx)):
        if not story.tell(typer.echo):
            raise typer.Exit(FAILED)


def sandbox(
    ctx: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Where to serve.")] = "127.0.0.1",
    pipedrive_port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port of the Pipedrive twin; 0 takes a free one.")
    ] = PIPEDRIVE_PORT,
    tc2_port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port of the TC2 twin; 0 takes a free one.")
    ] = TC2_PORT,
    google_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Serve Google calendars too, on this port; 0 takes a free one."),
    ] = None,
    seed: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A JSON file to start with; else twelve invented companies."),
    ] = None,
    fault_rate: Annotated[
        float, typer.Option(min=0, max=1, help="The share of requests that fail, from 0 to 1.")
    ] = 0.0,
    latency: Annotated[float, typer.Option(min=0, metavar="MS", help="Milliseconds added to every answer.")] = 0.0,
) -> None:
    """Serve twins of both APIs until stopped. Prints the config to use."""
    from hermes_sync.cli.sandboxing import serve_twins
    from hermes_sync.cli.session import answering

    with answering(options_of(ctx)):
        serve_twins(
            host=host,
            pipedrive_port=pipedrive_port,
            tc2_port=tc2_port,
            google_port=google_port,
            seed=seed,
            fault_rate=fault_rate,
            latency_ms=latency,
        )


def diff(ctx: typer.Context, *, since: Since = None, full: Full = False, as_json: AsJson = False) -> None:
    """Print what a pass would do. Writes nothing anywhere; exits 2 if there is something to do."""
    from hermes_sync.cli import passes
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx), as_json=as_json) as settings:
        code = passes.diff(settings, since=since, full=full, as_json=as_json)
    raise typer.Exit(code)


def reconcile(
    ctx: typer.Context,
    *,
    since: Since = None,
    full: Full = False,
    force: Annotated[bool, typer.Option("--force", help="Go over the safety limits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run one pass. Reads, plans, checks the safety limits, applies, pushes."""
    from hermes_sync.cli import passes
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx), as_json=as_json) as settings:
        code = passes.reconcile(settings, since=since, full=full, force=force, as_json=as_json)
    raise typer.Exit(code)


def export(
    ctx: typer.Context,
    objects: Annotated[
        list[str] | None,
        typer.Option("--object", parser=_list_name, metavar="NAME", help="Only this list; may be given again."),
    ] = None,
) -> None:
    """Print the Hermes objects as JSON."""
    from hermes_sync import bootstrap, reports
    from hermes_sync.cli.session import configured

    wanted = objects or list(reports.EXPORTED)
    with configured(options_of(ctx)) as settings, bootstrap.store_to_read(settings) as store:
        admins = settings.policy().admins if reports.ADMINS in wanted else None
        reports.write_export(store.export([one for one in wanted if one != reports.ADMINS]), admins, sys.stdout.buffer)


def status(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Print how the last passes went. Also how fresh everything is, pushes that wait or were refused, tokens."""
    from hermes_sync import bootstrap, reports
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx), as_json=as_json) as settings, bootstrap.store_to_read(settings) as store:
        report = bootstrap.status_of(settings, store)
        if as_json:
            reports.write_status(report, sys.stdout.buffer)
        else:
            reports.Printer(sys.stdout).print(reports.status_lines(report))


def explain(
    ctx: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="KIND|REF",
            help="A kind of Hermes object, such as company, or a remote object, such as pipedrive:organization:10.",
        ),
    ],
    number: Annotated[str | None, typer.Argument(metavar="[ID]", help="The Hermes id of that kind.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell what the journal says of one object. Oldest first, then what it is now; also of deleted ones."""
    from hermes_sync.cli import stories
    from hermes_sync.cli.session import configured
    from hermes_sync.reports import subject_of

    try:
        subject = subject_of(what, number)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with configured(options_of(ctx), as_json=as_json) as settings:
        stories.explain(settings, subject, as_json=as_json)


def history(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="How many passes to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Print the passes, newest first."""
    from hermes_sync.cli import stories
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx), as_json=as_json) as settings:
        stories.history(settings, limit=limit, as_json=as_json)


def retry(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Let the next pass try refused pushes again. Sends nothing itself."""
    from hermes_sync.cli import stories
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx), as_json=as_json) as settings:
        stories.retry(settings, as_json=as_json)


def rules(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Print the action table as the code has it. For each row its id, its sentence and where it lives."""
    from hermes_sync import reports
    from hermes_sync.cli.session import answering
    from hermes_sync.rules import all_rules

    with answering(options_of(ctx)):
        if as_json:
            reports.write_rules(all_rules(), sys.stdout.buffer)
        else:
            reports.Printer(sys.stdout).print(reports.rules_lines(all_rules()))


@db.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the schema to the newest revision."""
    from hermes_sync import bootstrap
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx)) as settings:
        before, after = bootstrap.upgrade(settings)
    typer.echo(f"{before or 'empty'} → {after}" if before != after else f"{after}, nothing to do")


@db.command()
def current(ctx: typer.Context) -> None:
    """Print the revision that the database has, and the newest one."""
    from hermes_sync import bootstrap
    from hermes_sync.cli.session import configured

    with configured(options_of(ctx)) as settings:
        has, newest = bootstrap.revisions(settings)
    typer.echo(f"{has} (newest)" if has == newest else f"{has or 'empty'}, newest is {newest}")
