"""What the stories begin with."""

from typing import Any, Final

from tests.cycle.rig import Rig

MARY: Final = {"id": 50, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}


def sign_up(rig: Rig, name: str = "Acme", **more: Any) -> int:
    """Let a cligency appear, sold by Ada, with Mary as its one SR; return its id."""
    agency = {"id": 900 + len(rig.tc2.all_clients()), "name": name, "status": "trial", **more.pop("agency", {})}
    options = {"recipients": [MARY], "sales_person": 30, "first_name": "Mary", "last_name": "Booth", **more}
    return rig.tc2.create_client(agency=agency, **options)


def acme(rig: Rig) -> int:
    """Bring one Company in step that all three know: Org 1, Person 1, Deal 1 and a cligency, whose id is returned."""
    org = rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=org, emails=["mary@example.com"])
    rig.pd.create("deal", title="Acme", org_id=org, person_id=1, pipeline_id=1, stage_id=1)
    client = sign_up(rig, extra_attrs={"pipedrive_id": str(org)})
    rig.settle(6)
    return client


def assert_at_rest(rig: Rig) -> None:
    """Assert that passes, a full one among them, find nothing to do and write nothing."""
    rig.settle(6)
    before = rig.writes()
    for full in (False, True, False):
        assert rig.reconcile(full=full).actions == ()
    assert rig.writes() == before


def writes_to(rig: Rig, kind: str) -> list[str]:
    """Return the writes to Pipedrive's objects of a kind, as method and path."""
    return [f"{entry.method} {entry.path}" for entry in rig.pd.log.writes() if f"/{kind}s" in entry.path]
