"""Cases of `rules/pd_pipeline.py` and `rules/pd_stage.py`, which differ in little but the name."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core.objects import Pipeline, Stage
from hermes_sync.core.records import PdPipeline, PdStage
from tests.rules.cases import CONTACTED, PAYG, SALE, Case, Create, Delete, Kind, Nothing, Update, gone, known, new

PD_PIPELINE = PdPipeline(id=1, name="PAYG")
PD_STAGE = PdStage(id=8, name="Contacted", pipeline_id=1)
SALE_IN_STAGE = replace(SALE, stage_id=4, pipeline_id=2)


def _pipeline() -> Sequence[Case]:
    cases: list[Case] = []
    for verb, change in (("created", new(PD_PIPELINE)), ("updated", known(PD_PIPELINE))):
        row = f"pd.pipeline.{verb}/hermes.pipeline"
        made = [Create(Pipeline(id=1, pd_pipeline_id=1, name="PAYG"))]
        wrote = [Update(Kind.PIPELINE, 2, {"name": "PAYG"})]
        cases += [
            Case(row=f"{row}/missing", says="An unknown Pipeline is created.", change=change, asks=made),
            Case(row=f"{row}/missing", says="A known one is not created again.", given=[PAYG], change=change),
            Case(row=f"{row}/exists", says="A known Pipeline is updated.", given=[PAYG], change=change, asks=wrote),
            Case(row=f"{row}/exists", says="An unknown one can't be updated.", change=change),
        ]
    row, change = "pd.pipeline.deleted/hermes.pipeline", gone(PD_PIPELINE)
    went = [Delete(Kind.PIPELINE, 2), Update(Kind.DEAL, 5, {"pipeline_id": None})]
    nothing = [Nothing("no Pipeline has this id")]
    return (
        *cases,
        Case(row=f"{row}/missing", says="An unknown one changes nothing.", change=change, asks=nothing),
        Case(row=f"{row}/missing", says="Silent for a known one.", given=[PAYG], change=change),
        Case(
            row=f"{row}/exists",
            says="A known one is deleted and blanked on Deals.",
            given=[PAYG, SALE_IN_STAGE],
            change=change,
            asks=went,
        ),
        Case(row=f"{row}/exists", says="Silent for an unknown one.", change=change),
    )


def _stage() -> Sequence[Case]:
    cases: list[Case] = []
    for verb, change in (("created", new(PD_STAGE)), ("updated", known(PD_STAGE))):
        row = f"pd.stage.{verb}/hermes.stage"
        made = [Create(Stage(id=1, pd_stage_id=8, pd_pipeline_id=1, name="Contacted"))]
        wrote = [Update(Kind.STAGE, 4, {"name": "Contacted", "pd_pipeline_id": 1})]
        cases += [
            Case(row=f"{row}/missing", says="An unknown Stage is created.", change=change, asks=made),
            Case(row=f"{row}/missing", says="A known one is not created again.", given=[CONTACTED], change=change),
            Case(row=f"{row}/exists", says="A known Stage is updated.", given=[CONTACTED], change=change, asks=wrote),
            Case(row=f"{row}/exists", says="An unknown one can't be updated.", change=change),
        ]
    row, change = "pd.stage.deleted/hermes.stage", gone(PD_STAGE)
    went = [Delete(Kind.STAGE, 4), Update(Kind.DEAL, 5, {"stage_id": None})]
    nothing = [Nothing("no Stage has this id")]
    return (
        *cases,
        Case(row=f"{row}/missing", says="An unknown one changes nothing.", change=change, asks=nothing),
        Case(row=f"{row}/missing", says="Silent for a known one.", given=[CONTACTED], change=change),
        Case(
            row=f"{row}/exists",
            says="A known one is deleted and blanked on Deals.",
            given=[CONTACTED, SALE_IN_STAGE],
            change=change,
            asks=went,
        ),
        Case(row=f"{row}/exists", says="Silent for an unknown one.", change=change),
    )


CASES: Sequence[Case] = (*_pipeline(), *_stage())
