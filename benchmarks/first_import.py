"""First import: an account of 100,000 Orgs, Persons and Deals read, planned and applied into an empty database.

Measured is a whole process of the product: start, imports, schema, HTTP, parsing, planning, the transaction. Its
twin runs in another process. CPU time in seconds, peak memory in megabytes; both again for 200,000 objects, where
memory must stay flat. Common extract-and-load tools state 1,000 to 1,800 objects a second for reading alone.
"""

import measuring
from engine import engine_on
from measuring import Figure
from twins import served

OBJECTS = 100_000
EACH = 5
"""One Org, two Persons and two Deals."""


def first_import(objects: int) -> tuple[float, float]:
    """Return CPU time and peak memory of a process that imports so many objects."""
    with served(objects // EACH) as twins, engine_on(twins) as engine:
        created = engine.reconcile().summary.create
        assert created >= objects, f"only {created} of {objects} objects were created"
        return measuring.cpu_seconds(), measuring.peak_megabytes()


def main() -> None:
    """Measure and compare."""
    seconds, memory = measuring.apart(first_import, OBJECTS)
    twice_seconds, twice_memory = measuring.apart(first_import, 2 * OBJECTS)
    measuring.finish(
        "first import of 100,000 objects",
        Figure("CPU", seconds, 20, "s"),
        Figure("rate", OBJECTS / seconds, unit="objects/s of CPU"),
        Figure("peak memory", memory, 300, "MB"),
        Figure("of 200,000: CPU", twice_seconds, unit="s"),
        Figure("peak memory", twice_memory, 300, "MB"),
        Figure("ratio of peaks", twice_memory / memory, 1.15),
    )


if __name__ == "__main__":
    main()
