"""`sandbox`: serve the twins until stopped."""

import json
from pathlib import Path

import typer

from hermes_sync.cli.session import say
from hermes_sync.ports import ConfigError
from hermes_sync.sandbox import ControlError, sample_seed, serve


def serve_twins(
    *,
    host: str,
    pipedrive_port: int,
    tc2_port: int,
    google_port: int | None,
    seed: Path | None,
    fault_rate: float,
    latency_ms: float,
) -> None:
    """Serve the twins until SIGINT or SIGTERM and print the config to use; Google's only with a port for it.

    Raises `ConfigError` for a seed that cannot be planted and an address that cannot be served on.
    """
    ports = [port for port in (pipedrive_port, tc2_port, google_port) if port is not None]
    try:
        serve(
            host=host,
            pipedrive_port=pipedrive_port,
            tc2_port=tc2_port,
            google_port=google_port,
            seed=sample_seed() if seed is None else json.loads(seed.read_bytes()),
            fault_rate=fault_rate,
            latency_ms=latency_ms,
            announce=_announce,
        )
    except OSError as error:
        raise ConfigError(
            f"cannot serve on {host}, ports {' and '.join(map(str, ports))}: {error.strerror}; choose others with "
            "--host, --pipedrive-port, --tc2-port and --google-port (0 takes a free one)"
        ) from None
    except (ValueError, TypeError, KeyError, ControlError) as error:
        raise ConfigError(f"{seed} is no seed: {error}; docs/seed.md tells what one holds and shows one") from error


def _announce(config: str) -> None:
    typer.echo(config)
    say(
        "serving the twins until stopped; put the lines above into config.toml to use them. They remember "
        "nothing when they end: begin with a new database then"
    )
