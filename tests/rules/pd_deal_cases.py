"""Cases of `rules/pd_deal.py`."""

from collections.abc import Sequence
from dataclasses import replace

from hermes_sync.core.changes import AnyChange, Why
from hermes_sync.core.records import Notice, RemoteKind
from tests.rules.cases import (
    ACME,
    ACME_IN_TC2,
    CALL,
    CONTACTED,
    DEAL,
    MARY,
    PAYG,
    SALE,
    Case,
    Company,
    Create,
    Deal,
    Delete,
    Kind,
    Nothing,
    Tell,
    Update,
    gone,
    known,
    new,
)

STATED = {"name": "Acme", "status": "open", "archived": False, "admin_id": 1}
FREE_SALE = replace(SALE, pd_deal_id=None)
OTHER = Company(id=2, name="Other", pd_org_id=11)
CHANGED = known(DEAL, before=replace(DEAL, title="Old"), why=Why.SEEN)


def _written(verb: str, change: AnyChange) -> Sequence[Case]:
    row = f"pd.deal.{verb}/hermes.deal"
    return (
        Case(
            row=f"{row}/exists",
            says="The Deal gets what Pipedrive states.",
            given=[ACME, SALE],
            change=change,
            asks=[Update(Kind.DEAL, 5, {"pd_deal_id": 7, "company_id": 1, **STATED})],
        ),
        Case(row=f"{row}/exists", says="Without a Deal there is nothing to update.", given=[ACME], change=change),
        Case(
            row=f"{row}/missing-unknown-company",
            says="A deal whose Org has no Company makes no Deal.",
            change=change,
            asks=[Nothing("the deal's Org has no Company")],
        ),
        Case(
            row=f"{row}/missing-unknown-company",
            says="A deal whose Org has a Company is not for this row.",
            given=[ACME],
            change=change,
        ),
        Case(
            row=f"{row}/missing-known-company",
            says="A deal whose Org has a Company makes a Deal.",
            given=[ACME],
            change=change,
            asks=[Create(Deal(id=1, pd_deal_id=7, name="Acme", company_id=1)), Update(Kind.DEAL, 1, STATED)],
        ),
        Case(
            row=f"{row}/missing-known-company",
            says="A deal that has a Deal makes no second one.",
            given=[ACME, SALE],
            change=change,
        ),
        Case(
            row=f"{row}/person-known",
            says="The Contact of the deal's Person is added, also to a Deal in the making.",
            given=[ACME, MARY],
            change=change,
            asks=[Update(Kind.DEAL, 1, {"contact_id": 3})],
        ),
        Case(
            row=f"{row}/person-known",
            says="A Person without a Contact is not for this row.",
            given=[ACME],
            change=change,
        ),
        Case(
            row=f"{row}/person-unknown",
            says="A Person without a Contact leaves the Contact blank.",
            given=[ACME, SALE],
            change=change,
            asks=[Update(Kind.DEAL, 5, {"contact_id": None})],
        ),
        Case(row=f"{row}/person-unknown", says="Where there is no Deal, nothing is blanked.", change=change),
        Case(
            row=f"{row}/stage-known",
            says="The Stage and its Pipeline are added.",
            given=[ACME, SALE, PAYG, CONTACTED],
            change=change,
            asks=[Update(Kind.DEAL, 5, {"stage_id": 4, "pipeline_id": 2})],
        ),
        Case(row=f"{row}/stage-known", says="An unknown Stage is not for this row.", given=[ACME, SALE], change=change),
        Case(
            row=f"{row}/stage-unknown",
            says="A stage_id that no Stage has leaves the Stage blank.",
            given=[ACME, SALE, PAYG],
            change=change,
            asks=[Update(Kind.DEAL, 5, {"stage_id": None, "pipeline_id": 2})],
        ),
        Case(
            row=f"{row}/stage-unknown",
            says="A known Stage is not for this row.",
            given=[ACME, SALE, CONTACTED],
            change=change,
        ),
        Case(
            row=f"pd.deal.{verb}/tc2.cligency/exists",
            says="The cligency of the deal's Company is told.",
            given=[ACME_IN_TC2],
            change=change,
            asks=[Tell(RemoteKind.CLIENT, 1)],
        ),
        Case(
            row=f"pd.deal.{verb}/tc2.cligency/exists",
            says="A Company without a cligency tells nobody.",
            given=[ACME],
            change=change,
        ),
        Case(
            row=f"pd.deal.{verb}/tc2.cligency/missing",
            says="Without a cligency nothing is done.",
            given=[ACME],
            change=change,
            asks=[Nothing("the Company has no cligency")],
        ),
        Case(
            row=f"pd.deal.{verb}/tc2.cligency/missing",
            says="This row is silent where there is a cligency.",
            given=[ACME_IN_TC2],
            change=change,
        ),
    )


def _odd() -> Sequence[Case]:
    row = "pd.deal.updated/hermes.deal"
    kept = Notice(
        code="kept-company",
        message="pipedrive:deal:7 has no Org any more: its Deal 5 stays with Company 1",
        refs=("pipedrive:deal:7",),
    )
    return (
        Case(
            row=f"{row}/exists",
            says="A Deal that its hermes_id names is linked.",
            given=[ACME, FREE_SALE],
            change=known(replace(DEAL, hermes_id="5")),
            asks=[Update(Kind.DEAL, 5, {"pd_deal_id": 7, "company_id": 1, **STATED})],
        ),
        Case(
            row=f"{row}/exists",
            says="A deal that moved to another Org takes its Deal along.",
            given=[ACME, OTHER, SALE],
            change=known(replace(DEAL, org_id=11)),
            asks=[Update(Kind.DEAL, 5, {"pd_deal_id": 7, "company_id": 2, **STATED})],
        ),
        Case(
            row=f"{row}/exists",
            says="A deal whose Org was emptied stays with its Company, with a notice.",
            given=[ACME, SALE],
            change=known(replace(DEAL, org_id=None)),
            asks=[kept, Update(Kind.DEAL, 5, {"pd_deal_id": 7, **STATED})],
        ),
        Case(
            row=f"{row}/missing-unknown-company",
            says="An unchanged deal whose Deal was deleted is not made again by looking at it.",
            given=[ACME],
            change=known(DEAL),
            asks=[Nothing("the deal is unchanged: looking at it again creates nothing")],
        ),
        Case(
            row=f"{row}/missing-known-company",
            says="An unchanged deal whose Company came into being makes its Deal.",
            given=[ACME],
            change=known(DEAL, why=Why.AGAIN),
            asks=[Create(Deal(id=1, pd_deal_id=7, name="Acme", company_id=1)), Update(Kind.DEAL, 1, STATED)],
        ),
    )


def _deleted() -> Sequence[Case]:
    around = [ACME_IN_TC2, SALE, CALL]
    fires = {
        "hermes.deal/exists": [Delete(Kind.DEAL, 5)],
        "hermes.company": [Nothing("the Company is not affected")],
        "hermes.contact": [Nothing("the Contact is not affected")],
        "hermes.meeting": [Update(Kind.MEETING, 6, {"deal_id": None})],
        "hermes.company/again": [Nothing("the Company is not affected")],
        "tc2.cligency/exists": [Tell(RemoteKind.CLIENT, 1)],
    }
    misses = {
        "hermes.deal/missing": [Nothing("no Deal has this deal")],
        "tc2.cligency/missing": [Nothing("the Company has no cligency")],
    }
    return (
        *(
            Case(
                row=f"pd.deal.deleted/{row}",
                says="A deleted deal does this where its Deal is known.",
                given=around,
                change=gone(DEAL),
                asks=asks,
            )
            for row, asks in fires.items()
        ),
        *(
            Case(row=f"pd.deal.deleted/{row}", says="Without a Deal this row is silent.", change=gone(DEAL))
            for row in fires
        ),
        *(
            Case(
                row=f"pd.deal.deleted/{row}",
                says="A deleted deal does this where no Deal is known.",
                change=gone(DEAL),
                asks=asks,
            )
            for row, asks in misses.items()
        ),
        *(
            Case(
                row=f"pd.deal.deleted/{row}",
                says="Where Deal and cligency are known this row is silent.",
                given=around,
                change=gone(DEAL),
            )
            for row in misses
        ),
    )


CASES: Sequence[Case] = (*_written("created", new(DEAL)), *_written("updated", CHANGED), *_odd(), *_deleted())
