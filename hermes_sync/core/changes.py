"""Changes: what differs between last-seen and fresh, and the triggers of the action table that they are.

`diff` makes them, the fold in `plan` walks over them in the order of semantics 1.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeAlias, TypeVar

from hermes_sync.core.records import Cligency, Org, PdDeal, PdPipeline, PdStage, Person, Record, Ref, RemoteKind

R_co = TypeVar("R_co", bound=Record, covariant=True)


class Why(StrEnum):
    """Why an object is looked at in this pass."""

    SEEN = "seen"
    """It is new, it differs from last-seen, or it is proven gone."""

    AGAIN = "again"
    """Something that it names came into being in Hermes in this pass (semantics 1)."""

    RELOOK = "relook"
    """`--full`, `--since` or a change of config: put right where it is wrong, create and delete nothing."""

    UNKNOWN_ORG = "unknown-org"
    """A Deal or Person named this Org, which was never seen before (`extra/pd.unknown-org`)."""


class Trigger(StrEnum):
    """What can happen, under the names of the action table."""

    ORG_CREATED = "pd.org.created"
    ORG_UPDATED = "pd.org.updated"
    ORG_DELETED = "pd.org.deleted"
    PERSON_CREATED = "pd.person.created"
    PERSON_UPDATED = "pd.person.updated"
    PERSON_DELETED = "pd.person.deleted"
    DEAL_CREATED = "pd.deal.created"
    DEAL_UPDATED = "pd.deal.updated"
    DEAL_DELETED = "pd.deal.deleted"
    PIPELINE_CREATED = "pd.pipeline.created"
    PIPELINE_UPDATED = "pd.pipeline.updated"
    PIPELINE_DELETED = "pd.pipeline.deleted"
    STAGE_CREATED = "pd.stage.created"
    STAGE_UPDATED = "pd.stage.updated"
    STAGE_DELETED = "pd.stage.deleted"
    CLIGENCY_CREATED = "tc2.cligency.created"
    CLIGENCY_UPDATED = "tc2.cligency.updated"
    CLIGENCY_DELETED = "tc2.cligency.deleted"
    SALES_BOOKED = "callbooker.sales"
    SUPPORT_BOOKED = "callbooker.support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[R_co]):
    """One remote object, as it was when a pass last settled it and as it is now; None where it is not.

    `is_ours` says that hermes-sync created it and reads it for the first time.
    """

    ref: Ref
    before: R_co | None
    after: R_co | None
    why: Why = Why.SEEN
    is_ours: bool = False

    @property
    def now(self) -> R_co:
        """The record as it is; only for what is not gone."""
        assert self.after is not None, f"{self.ref} is gone"
        return self.after

    @property
    def is_gone(self) -> bool:
        """Whether the object is proven gone (semantics 4)."""
        return self.after is None

    @property
    def may_create(self) -> bool:
        """Whether the rows that create apply: it is new, it changed, or what it needed came into being.

        Looking at an unchanged object again creates nothing by that alone (semantics 1).
        """
        return self.why is not Why.RELOOK or self.before != self.after


OrgChange: TypeAlias = Change[Org]
PersonChange: TypeAlias = Change[Person]
DealChange: TypeAlias = Change[PdDeal]
PipelineChange: TypeAlias = Change[PdPipeline]
StageChange: TypeAlias = Change[PdStage]
CligencyChange: TypeAlias = Change[Cligency]
AnyChange: TypeAlias = Change[Record]


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of the order in which a pass walks over its changes."""

    kind: RemoteKind
    gone: bool


PHASES: Final[tuple[Phase, ...]] = (
    Phase(RemoteKind.PIPELINE, gone=False),
    Phase(RemoteKind.STAGE, gone=False),
    Phase(RemoteKind.ORGANIZATION, gone=False),
    Phase(RemoteKind.PERSON, gone=False),
    Phase(RemoteKind.DEAL, gone=False),
    Phase(RemoteKind.CLIENT, gone=False),
    Phase(RemoteKind.DEAL, gone=True),
    Phase(RemoteKind.PERSON, gone=True),
    Phase(RemoteKind.CLIENT, gone=True),
    Phase(RemoteKind.ORGANIZATION, gone=True),
    Phase(RemoteKind.STAGE, gone=True),
    Phase(RemoteKind.PIPELINE, gone=True),
)
"""The order of semantics 1: a Deal never arrives before its Org, and what moved away from a deleted Org is safe
before that Org's deletion cascades. Within a phase by id."""
