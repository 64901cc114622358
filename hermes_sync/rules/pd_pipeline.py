"""The rows of *PDPipeline created, updated, deleted* (actions.md, "Actions inside Pipedrive"), in the table's order."""

from collections.abc import Iterator, Sequence
from typing import Final

from hermes_sync.core.action_table import Rule, rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Update
from hermes_sync.core.changes import PipelineChange
from hermes_sync.core.objects import Kind, Pipeline
from hermes_sync.core.world import World


@rule("pd.pipeline.created/hermes.pipeline/missing", "pd.pipeline.updated/hermes.pipeline/missing")
def create_pipeline(change: PipelineChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    if world.pipelines.one("pd_pipeline", change.ref.id) is None:
        id_ = world.next_id(Kind.PIPELINE)
        yield Create(Pipeline(id=id_, pd_pipeline_id=change.now.id, name=change.now.name))


@rule("pd.pipeline.created/hermes.pipeline/exists", "pd.pipeline.updated/hermes.pipeline/exists")
def update_pipeline(change: PipelineChange, world: World) -> Iterator[Action]:
    """If it exists: update it."""
    pipeline = world.pipelines.one("pd_pipeline", change.ref.id)
    if pipeline is not None:
        yield Update(Kind.PIPELINE, pipeline.id, {"name": change.now.name})


@rule("pd.pipeline.deleted/hermes.pipeline/missing")
def no_pipeline(change: PipelineChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    if world.pipelines.one("pd_pipeline", change.ref.id) is None:
        yield Nothing("no Pipeline has this id")


@rule("pd.pipeline.deleted/hermes.pipeline/exists")
def delete_pipeline(change: PipelineChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    pipeline = world.pipelines.one("pd_pipeline", change.ref.id)
    if pipeline is None:
        return
    yield Delete(Kind.PIPELINE, pipeline.id)
    # The cascade of semantics 4: it is blanked on Deals.
    yield from (
        Update(Kind.DEAL, deal.id, {"pipeline_id": None}) for deal in world.deals.where("pipeline", pipeline.id)
    )


CREATED: Final[Sequence[Rule]] = (create_pipeline, update_pipeline)
UPDATED: Final[Sequence[Rule]] = CREATED
DELETED: Final[Sequence[Rule]] = (no_pipeline, delete_pipeline)
