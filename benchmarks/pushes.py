"""Pushes at the burst limit: what share of it Pipedrive gets asked, and how often it says that it is too much.

Real time on both sides: the twin counts requests in rolling 2 seconds as Pipedrive does, answers each 150 ms after it
came, and refuses what is over its limit. Cligencies with many people make one pass create Orgs and Persons (POST) and
add what Orgs and Persons of the account lack (PATCH). Counted are the writes that the twin saw in each full window of
2 seconds between the first and the last of them, and its answers with 429, those to reads too. Measured for the
smallest plan and for one that allows five times as much.
"""

from dataclasses import dataclass
from typing import Any

import measuring
from engine import Engine, engine_on
from measuring import Figure, Silent
from twins import Twins, served

from hermes_sync import bootstrap
from hermes_sync.cycle import Scope
from hermes_sync.sandbox.limits import BURST_WINDOW

SMALLEST, PREMIUM = 20, 100
"""Requests in 2 seconds: the smallest plan, and the fourth of five (facts 5)."""
LATENCY = 150
"""Milliseconds from a request to its answer."""
SHARE = 95
"""Percent of the limit that pushes are to reach."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the twin saw: the writes of each full window, and how many requests of any kind were too many."""

    windows: list[int]
    refused: int

    def share(self, burst: int) -> float:
        """Return the percentage of the limit that was reached."""
        return 100 * sum(self.windows) / len(self.windows) / burst


def pushes(burst: int, companies: int, people: int) -> Pushed:
    """Run a pass that writes to so many Orgs, and so many Persons of each; half of them are created."""
    with served(0) as twins, engine_on(twins) as engine:
        for number in range(companies):
            _sign_up(twins, number, people, is_known=number % 2 == 0)
        twins.control.pipedrive.limits(burst=burst, search_burst=10)
        twins.control.pipedrive.settings(latency_ms=LATENCY)
        _reconcile(engine, companies * (people + 1))
        seen = twins.control.log("pipedrive")
    moments = [entry["time"] for entry in seen if entry["method"] != "GET" and entry["status"] != TOO_MANY]
    first, full = moments[0], int((moments[-1] - moments[0]) // BURST_WINDOW)
    places = [int((moment - first) // BURST_WINDOW) for moment in moments]
    return Pushed([places.count(place) for place in range(full)], [entry["status"] for entry in seen].count(TOO_MANY))


def _sign_up(twins: Twins, number: int, people: int, *, is_known: bool) -> None:
    """Let a cligency appear in TC2; of one that is known, Pipedrive has Org and Persons, but no e-mails."""
    names = [{"first_name": "Person", "last_name": f"{number} {one}"} for one in range(people)]
    client: dict[str, Any] = {}
    if is_known:
        org = twins.control.pipedrive.create("organization", name=f"Company {number}", owner_id=99)
        for name in names:
            full = f"{name['first_name']} {name['last_name']}"
            twins.control.pipedrive.create("person", name=full, **name, org_id=org, owner_id=99)
        client["extra_attrs"] = {"pipedrive_id": str(org)}
    recipients = [
        {"id": number * people + place + 1, **name, "email": f"person{number}.{place}@example.com"}
        for place, name in enumerate(names)
    ]
    agency = {"id": 900 + number, "name": f"Company {number}", "status": "active", "paid_invoice_count": 3}
    twins.control.tc2.create_client(
        agency=agency, recipients=recipients, first_name="Person", last_name="One", sales_person=30, **client
    )


def _reconcile(engine: Engine, expected: int) -> None:
    """Run one pass on the real clock; everything is to be pushed."""
    with (
        bootstrap.cycle_on(engine.settings, engine.store) as cycle,
        cycle.reconcile(Scope(), Silent(), force=True) as report,
    ):
        outcomes = [outcome for (kind, _), outcome in report.outcomes.items() if kind != "client"]
    assert outcomes == expected * ["pushed"], f"{outcomes.count('pushed')} of {expected} were pushed"


def main() -> None:
    """Measure and compare."""
    small = measuring.apart(pushes, SMALLEST, 12, 25)
    large = measuring.apart(pushes, PREMIUM, 20, 50)
    print(f"     writes in windows of 2 s, limit {SMALLEST}: {' '.join(map(str, small.windows))}")
    print(f"     writes in windows of 2 s, limit {PREMIUM}: {' '.join(map(str, large.windows))}")
    measuring.finish(
        "pushes at the burst limit, answers after 150 ms",
        Figure("of 20 in 2 s", small.share(SMALLEST), least=SHARE, unit="%"),
        Figure("answers 429", small.refused, 0),
        Figure("of 100 in 2 s", large.share(PREMIUM), least=SHARE, unit="%"),
        Figure("answers 429", large.refused, 0),
    )


if __name__ == "__main__":
    main()
