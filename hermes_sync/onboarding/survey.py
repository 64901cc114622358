"""What both systems say of themselves: read once, then proposed from (`proposal`) or checked (`doctor`)."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from hermes_sync.core.records import RemoteKind
from hermes_sync.onboarding.known import KINDS
from hermes_sync.ports import Clock
from hermes_sync.remotes.pipedrive.account import PipedriveAccount
from hermes_sync.remotes.pipedrive.account_rows import CustomField, Pipeline, Stage, User
from hermes_sync.remotes.pipedrive.connection import connect_pipedrive
from hermes_sync.remotes.tc2.branch import Sample, Tc2Branch
from hermes_sync.remotes.tc2.connection import connect_tc2
from hermes_sync.remotes.transport import Retries

CLIENTS_READ: Final = 10
"""Of TC2's clients; one request each, of which there are 100 a minute (facts 9)."""

_RETRIES: Final = Retries(attempts=2, base=0.5, longest=5.0)
"""A person waits for the answer."""
_TIMEOUT: Final = 15.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a Pipedrive account and a TC2 branch have."""

    me: User
    users: tuple[User, ...]
    pipelines: tuple[Pipeline, ...]
    stages: tuple[Stage, ...]
    fields: Mapping[RemoteKind, tuple[CustomField, ...]]
    sample: Sample


@contextmanager
def pipedrive_at(base_url: str, token: str, clock: Clock, *, origin: str = "") -> Iterator[PipedriveAccount]:
    """Yield an account to ask; the connection ends with the context. `origin` is where the token was given."""
    transport = connect_pipedrive(
        base_url=base_url, token=token, clock=clock, retries=_RETRIES, timeout=_TIMEOUT, origin=origin, is_awaited=True
    )
    with closing(PipedriveAccount(transport)) as account:
        yield account


@contextmanager
def tc2_at(base_url: str, key: str, clock: Clock, *, origin: str = "") -> Iterator[Tc2Branch]:
    """Yield a branch to ask; the connection ends with the context. `origin` is where the key was given."""
    transport = connect_tc2(
        base_url=base_url, key=key, clock=clock, retries=_RETRIES, timeout=_TIMEOUT, origin=origin, is_awaited=True
    )
    with closing(Tc2Branch(transport)) as branch:
        yield branch


def survey(me: User, account: PipedriveAccount, branch: Tc2Branch) -> Survey:
    """Read everything that a config speaks of; raises what the remotes raise."""
    return Survey(
        me=me,
        users=tuple(account.users()),
        pipelines=tuple(account.pipelines()),
        stages=tuple(account.stages()),
        fields={kind: tuple(account.custom_fields(kind)) for kind in KINDS},
        sample=branch.sample(CLIENTS_READ),
    )
