"""The rows of *PDStage created, updated, deleted* (actions.md, "Actions inside Pipedrive"), in the table's order."""

from collections.abc import Iterator, Sequence
from typing import Final

from hermes_sync.core.action_table import Rule, rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Update
from hermes_sync.core.changes import StageChange
from hermes_sync.core.objects import Kind, Stage
from hermes_sync.core.world import World


@rule("pd.stage.created/hermes.stage/missing", "pd.stage.updated/hermes.stage/missing")
def create_stage(change: StageChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    if world.stages.one("pd_stage", change.ref.id) is None:
        id_ = world.next_id(Kind.STAGE)
        yield Create(
            Stage(id=id_, pd_stage_id=change.now.id, pd_pipeline_id=change.now.pipeline_id, name=change.now.name)
        )


@rule("pd.stage.created/hermes.stage/exists", "pd.stage.updated/hermes.stage/exists")
def update_stage(change: StageChange, world: World) -> Iterator[Action]:
    """If it exists: update it."""
    stage = world.stages.one("pd_stage", change.ref.id)
    if stage is not None:
        yield Update(Kind.STAGE, stage.id, {"name": change.now.name, "pd_pipeline_id": change.now.pipeline_id})


@rule("pd.stage.deleted/hermes.stage/missing")
def no_stage(change: StageChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    if world.stages.one("pd_stage", change.ref.id) is None:
        yield Nothing("no Stage has this id")


@rule("pd.stage.deleted/hermes.stage/exists")
def delete_stage(change: StageChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    stage = world.stages.one("pd_stage", change.ref.id)
    if stage is None:
        return
    yield Delete(Kind.STAGE, stage.id)
    # The cascade of semantics 4: it is blanked on Deals.
    yield from (Update(Kind.DEAL, deal.id, {"stage_id": None}) for deal in world.deals.where("stage", stage.id))


CREATED: Final[Sequence[Rule]] = (create_stage, update_stage)
UPDATED: Final[Sequence[Rule]] = CREATED
DELETED: Final[Sequence[Rule]] = (no_stage, delete_stage)
