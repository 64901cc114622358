"""An ordinary pass over an unchanged account: requests, writes and SQL statements, of a small and a large account.

The account is imported by ordinary passes until nothing is left to do; then the next pass is counted: its requests
to Pipedrive, the writes that both twins saw, and every SQL statement on the store and on the draft. Of the large
account it may not be more statements than of the small one. Both have 100 cligencies, of which a pass reads some.
"""

import measuring
from engine import engine_on
from measuring import Figure
from twins import served

SMALL, LARGE = 1_000, 100_000
EACH = 5
"""One Org, two Persons and two Deals."""
CLIENTS = 100
ENOUGH = 5


def unchanged_pass(objects: int) -> tuple[int, int, int]:
    """Return how many requests, writes and statements a pass over that many unchanged objects takes."""
    with served(objects // EACH, clients=CLIENTS) as twins, engine_on(twins) as engine:
        for _ in range(ENOUGH):
            done = engine.reconcile()
            engine.wait()
            if done.is_idle:
                break
        assert done.is_idle, f"still something to do: {done}"
        for twin in (twins.control.pipedrive, twins.control.tc2):
            twin.clear_log()
        with measuring.counted_statements() as statements:
            done = engine.reconcile()
        assert done.is_idle, f"the account is not unchanged: {done}"
        return done.requests, twins.writes(), len(statements)


def main() -> None:
    """Measure and compare."""
    _, few_writes, few = measuring.apart(unchanged_pass, SMALL)
    requests, writes, many = measuring.apart(unchanged_pass, LARGE)
    measuring.finish(
        "a pass over 100,000 unchanged objects",
        Figure("requests to Pipedrive", requests, 8),
        Figure("writes", writes + few_writes, 0),
        Figure("SQL statements", many, few),
        Figure("of 1,000 objects", few),
    )


if __name__ == "__main__":
    main()
