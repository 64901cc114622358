"""A pass with 100 changes, with 10,000 and with 1,000,000 objects stored: the same statements, the same CPU time.

A store in a temporary file is filled by its own API, objects, last-seen and journal. Then 20 Orgs, 40 Persons and
40 Deals, spread over all ids, are edited in a twin that holds nothing else, and a whole ordinary pass is measured:
HTTP, parsing, planning, applying. Counted are SQL statements on the store and on the draft; CPU time is the median
of several such passes, in milliseconds. Between two passes the same objects are edited again.
"""

import statistics

import measuring
from accounts import EACH, fill, phone
from engine import Engine, engine_on
from measuring import Figure, Stopwatch
from twins import served

from hermes_sync import bootstrap

SMALL, LARGE = 10_000, 1_000_000
PER_ORG = 1 + 2 * EACH
ORGS = 20
PASSES = 9


def hundred_changes(objects: int) -> tuple[int, float]:
    """Return the statements and the median milliseconds of CPU time of a pass with 100 changes."""
    organizations = objects // PER_ORG
    with served(0) as twins, engine_on(twins) as engine:
        settings = bootstrap.pass_settings(engine.settings)
        fill(engine.store, organizations, settings.policy, settings.policy_digest, engine.clock.now())
        step = organizations // ORGS
        chosen = [step * place + 1 for place in range(ORGS)]
        edit(engine, chosen, 0)
        engine.wait()
        engine.reconcile()  # the first one of a process also imports and compiles
        statements: list[int] = []
        milliseconds: list[float] = []
        for number in range(1, PASSES + 1):
            edit(engine, chosen, number)
            engine.wait()
            watch = Stopwatch()
            with measuring.counted_statements() as counted, watch.running():
                done = engine.reconcile()
            assert done.summary.update == ORGS * PER_ORG, f"not 100 changes: {done.summary}"
            statements.append(len(counted))
            milliseconds.append(1000 * watch.seconds)
        return max(statements), statistics.median(milliseconds)


def edit(engine: Engine, organizations: list[int], number: int) -> None:
    """Give the chosen Orgs, their Persons and their Deals another name in the twin; the first time they are made."""
    pipedrive = engine.twins.control.pipedrive

    def say(kind: str, id_: int, **fields: object) -> None:
        if number:
            pipedrive.edit(kind, id_, **fields)
        else:
            pipedrive.create(kind, id=id_, **fields)

    for org_id in organizations:
        say("organization", org_id, name=f"Company {org_id} edition {number}", owner_id=99)
        for child in range(EACH * (org_id - 1) + 1, EACH * org_id + 1):
            name = f"Person {child} edition {number}"
            email = f"person{child}@example.com"
            first, _, last = name.rpartition(" ")
            names = {"name": name, "first_name": first, "last_name": last}
            say("person", child, **names, owner_id=99, org_id=org_id, emails=[email], phones=[phone(child)])
            links = {"owner_id": 99, "org_id": org_id, "person_id": child, "pipeline_id": 1, "stage_id": 1}
            say("deal", child, title=f"Deal {child} edition {number}", **links)


def main() -> None:
    """Measure and compare."""
    few, quick = measuring.apart(hundred_changes, SMALL)
    many, slow = measuring.apart(hundred_changes, LARGE)
    measuring.finish(
        "100 changes with 1,000,000 objects stored",
        Figure("SQL statements", many, few),
        Figure("CPU", slow, unit="ms"),
        Figure("with 10,000: CPU", quick, unit="ms"),
        Figure("ratio", slow / quick, 1.5),
    )


if __name__ == "__main__":
    main()
