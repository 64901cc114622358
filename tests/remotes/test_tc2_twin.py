"""TC2's remote against its twin over real HTTP, in both versions of roles."""

import pytest

from hermes_sync.core.records import Cligency
from hermes_sync.ports import ObjectGone
from hermes_sync.remotes.tc2.remote import Tc2Remote
from hermes_sync.sandbox import Sandbox
from tests.remotes.fakes import CLIENT, order


@pytest.mark.parametrize("roles", [1, 2])
def test_clients_are_listed_read_and_told(tc2: Tc2Remote, sandbox: Sandbox, roles: int) -> None:
    """The list names clients newest first; a push changes the named attributes only; the trash is gone."""
    twin = sandbox.tc2
    twin.roles = roles
    old = twin.create_client({"name": "Old", "price_plan": "1-startup"}, email="o@example.com", last_name="O")
    new = twin.create_client(
        {"name": "New"}, email="n@example.com", last_name="N", extra_attrs={"utm_source": "google"}
    )

    assert tc2.page(1).ids == (new, old)
    record = tc2.get(new).record
    assert isinstance(record, Cligency)
    assert (record.name, record.email, record.utm_source) == ("New", "n@example.com", "google")
    tc2.push(order(CLIENT, new, [("pipedrive_id", "5"), ("pipedrive_deal_stage", "Qualified")], seen=record))
    told = tc2.get(new).record
    assert isinstance(told, Cligency)
    assert (told.pipedrive_id, told.pipedrive_deal_stage, told.utm_source) == ("5", "Qualified", "google")
    tc2.push(order(CLIENT, new, [("pipedrive_id", None)], seen=told))
    assert twin.attrs(new)["pipedrive_id"] is None
    twin.delete_client(old)
    assert tc2.get(old).is_gone
    with pytest.raises(ObjectGone):
        tc2.push(order(CLIENT, old, [("pipedrive_id", "5")]))


def test_a_dropdown_is_told_by_its_slug(tc2: Tc2Remote, sandbox: Sandbox) -> None:
    """What is read as a label is written as a slug."""
    sandbox.tc2.add_attribute("pipedrive_deal_stage", "Dropdown", ["Demo booked", "Doesn't suit student"])
    made = sandbox.tc2.create_client({"name": "A"}, last_name="A", extra_attrs={"pipedrive_deal_stage": "Demo booked"})
    seen = tc2.get(made).record

    assert isinstance(seen, Cligency)
    assert seen.dropdowns == ("pipedrive_deal_stage",)
    receipt = tc2.push(order(CLIENT, made, [("pipedrive_deal_stage", "Doesn't suit student")], seen=seen))
    assert receipt.left_out == ()
    assert tc2.get(made).record == Cligency(
        **{
            **{name: getattr(seen, name) for name in Cligency.__dataclass_fields__},
            "pipedrive_deal_stage": "Doesn't suit student",
        }
    )


def test_client_pages_end(tc2: Tc2Remote, sandbox: Sandbox) -> None:
    """101 clients are two pages; the third is empty and last."""
    for number in range(101):
        sandbox.tc2.create_client(last_name=f"Client {number}")

    pages = [tc2.page(number) for number in (1, 2, 3)]

    assert [(len(page.ids), page.count, page.is_last) for page in pages] == [
        (100, 101, False),
        (1, 101, True),
        (0, 101, True),
    ]


def test_tc2s_limit_is_kept(tc2: Tc2Remote, sandbox: Sandbox) -> None:
    """A branch that allows 100 requests a minute never has to say so."""
    sandbox.tc2.limits.per_minute = 100
    made = sandbox.tc2.create_client({"name": "A"}, last_name="A")

    for _ in range(230):
        tc2.get(made)

    assert all(entry.status == 200 for entry in sandbox.tc2.log.entries())
