"""What remote objects are called, and which Org a cligency names."""

import pytest

from hermes_sync.core.records import Cligency, Ref, RemoteKind, System


@pytest.mark.parametrize(
    ("pipedrive_id", "pipedrive_url", "org_id"),
    [
        ("10", None, 10),
        (" 10 ", "https://acme.pipedrive.com/organization/11/", 10),
        (None, "https://acme.pipedrive.com/organization/11/", 11),
        ("", "https://acme.pipedrive.com/organization/11", 11),
        ("ten", "https://acme.pipedrive.com/organization/11//", 11),
        (None, "12", 12),
        (None, "https://acme.pipedrive.com/organization/", None),
        ("-1", "https://acme.pipedrive.com/organization/11/deals", None),
        ("", "", None),
        (None, None, None),
    ],
)
def test_a_cligency_names_an_org_by_its_id_or_else_by_the_last_number_of_its_address(
    pipedrive_id: str | None, pipedrive_url: str | None, org_id: int | None
) -> None:
    """What is no number names nobody."""
    client = Cligency(id=20, pipedrive_id=pipedrive_id, pipedrive_url=pipedrive_url)

    assert client.linked_org_id == org_id


@pytest.mark.parametrize("kind", list(RemoteKind))
def test_a_ref_says_system_kind_and_number(kind: RemoteKind) -> None:
    """Only clients live in TC2."""
    system = "tc2" if kind == "client" else "pipedrive"

    assert (kind.system, str(Ref(kind, 10))) == (System(system), f"{system}:{kind.value}:10")
