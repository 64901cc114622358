"""The same two states give the same plan, byte for byte, however they came about and were read."""

import random
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import httpx
import orjson
import pytest

from hermes_sync import reports
from hermes_sync.core.changes import AnyChange, Phase
from hermes_sync.cycle import Scope
from hermes_sync.sandbox import Sandbox
from hermes_sync.store import Draft, SqlStore
from tests.cycle.rig import Rig, Silent

SIX: Final = range(1, 7)


def steps() -> list[tuple[str, int]]:
    """Return what is to be created, in the natural order."""
    return [(kind, number) for kind in ("organization", "person", "deal", "client") for number in SIX]


def create(rig: Rig, kind: str, number: int) -> None:
    """Create one object; the rows are the same whoever came first."""
    org = (number * 5) % 7 or 6
    match kind:
        case "organization":
            rig.pd.create(kind, id=number, name=f"Org {number % 4}", owner_id=99 - number % 3)
        case "person":
            mails = [f"{number % 3}@example.com"]
            rig.pd.create(kind, id=number, name=f"Person {number % 3}", org_id=org, emails=mails)
        case "deal":
            rig.pd.create(kind, id=number, title=f"Deal {number}", org_id=org, person_id=number, stage_id=number)
        case _:
            recipient = {"id": 50 + number, "first_name": "Person", "last_name": str(number % 3), "email": None}
            agency = {"id": 900 + number, "name": f"Org {number % 4}"}
            rig.tc2.create_client(
                id=number, agency=agency, recipients=[recipient], extra_attrs={"pipedrive_id": str(number + 3)}
            )


class OtherPages(httpx.BaseTransport):
    """Carries requests to a twin and has Pipedrive's lists come in small pages, backwards, with their rows mixed."""

    def __init__(self, seed: int) -> None:
        self._carrier = httpx.HTTPTransport(verify=False)
        self._dice = random.Random(seed)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask for a page in another order and mix what it holds."""
        if request.url.params.get("sort_by") == "id":
            request.url = request.url.copy_merge_params({"limit": "4", "sort_direction": "desc"})
        answer = self._carrier.handle_request(request)
        said = orjson.loads(answer.read())
        for rows in (said.get("data"), said.get("results")):
            if isinstance(rows, list):
                self._dice.shuffle(rows)
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return httpx.Response(answer.status_code, headers=headers, content=orjson.dumps(said))

    def close(self) -> None:
        """Close the connections."""
        self._carrier.close()


class MixedRig(Rig):
    """A rig that reads everything in another order."""

    def wire(self) -> httpx.BaseTransport:
        """Return a wire that mixes."""
        return OtherPages(seed=7)


class StepByStep(Draft):
    """A draft that is planned on in stretches of one change."""

    def stretches(self, phase: Phase, size: int = 1) -> Iterator[list[AnyChange]]:
        """Yield the changes of a phase one by one."""
        return super().stretches(phase, size)


class StepByStepStore(SqlStore):
    """A store whose drafts are."""

    def draft(self) -> Draft:
        """Open such a draft."""
        newest = self.newest_booking()
        return StepByStep(self.engine, revision=self.revision(), newest_booking=newest, population=self.population())


def planned(rig: Rig, *, full: bool = False) -> bytes:
    """Return the plan of a pass as `diff --json` prints it."""
    printed = BytesIO()
    with rig.cycle() as cycle, cycle.diff(Scope(full=full), Silent()) as plan:
        reports.write_plan(plan, printed)
    return printed.getvalue()


def story(rig: Rig, order: list[tuple[str, int]]) -> Iterator[bytes]:
    """Yield the plan of each pass of a story: a first import in some order, what follows, edits, a merge, deletions."""
    rig.sandbox.clock.freeze("2026-05-14T12:00:00Z")
    rig.sandbox.reset()
    for kind, number in order:
        create(rig, kind, number)
    for _ in range(3):
        yield planned(rig)
        rig.reconcile()
    for number in SIX:
        rig.pd.edit("deal", number, stage_id=7 - number, org_id=number)
        rig.pd.edit("person", 7 - number, name=f"Renamed {number}")
    rig.pd.edit("stage", 3, name="Fresh")
    rig.pd.merge("organization", 2, 3)
    rig.pd.delete("organization", 4)
    yield planned(rig, full=True)
    rig.reconcile(full=True)
    yield planned(rig, full=True)


@pytest.fixture
def told(sandbox: Sandbox, sqlite_template: bytes, tmp_path: Path) -> Callable[..., list[bytes]]:
    """Return what tells the story on a database of its own and gives the plans."""

    def tell(
        name: str, order: list[tuple[str, int]], rig_type: type[Rig] = Rig, store_type: type[SqlStore] = SqlStore
    ) -> list[bytes]:
        path = tmp_path / f"{name}.db"
        path.write_bytes(sqlite_template)
        with SqlStore.open(f"sqlite:///{path}") as store:
            return list(story(rig_type(sandbox, store_type(store.engine)), order))

    return tell


def test_plans_are_the_same_in_whatever_order_objects_came_into_being(told: Callable[..., list[bytes]]) -> None:
    """Twins filled in the natural order, backwards and at random hold the same rows and give the same plans."""
    natural = told("natural", steps())
    mixed = steps()
    random.Random(5).shuffle(mixed)

    # The second plan learns whom Pipedrive made the owner of an Org that was created without a sales person.
    assert [orjson.loads(plan)["actions"] != [] for plan in natural] == [True, True, False, True, False]
    assert told("backwards", steps()[::-1]) == natural
    assert told("mixed", mixed) == natural


def test_plans_are_the_same_in_whatever_order_pages_and_rows_are_read(told: Callable[..., list[bytes]]) -> None:
    """Pages of four, the last one first, with their rows mixed, are one and the same state."""
    assert told("mixed", steps(), rig_type=MixedRig) == told("natural", steps())


def test_plans_are_the_same_whatever_the_stretch_is_that_is_planned_at_once(told: Callable[..., list[bytes]]) -> None:
    """One change at a time and two thousand at a time decide alike: all of one change see what the last one left."""
    assert told("small", steps(), store_type=StepByStepStore) == told("large", steps())
