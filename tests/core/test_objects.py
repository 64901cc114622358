"""What an object is before anybody says more of it, and what it is made of."""

from hermes_sync.core.objects import FIELDS, OBJECT_TYPES, Admin, Company, Deal, Kind, kind_of, values_of
from hermes_sync.core.records import Cligency, PdDeal, Reach


def test_a_company_starts_without_anything_having_happened() -> None:
    """No call, no account, no invoice, no NARC; nobody's."""
    company = Company(id=1, name="Acme")

    assert (company.has_booked_call, company.has_signed_up, company.narc) == (False, False, False)
    assert company.paid_invoice_count == 0
    said = dict(zip(FIELDS[Company], values_of(company), strict=True))
    assert {name for name, value in said.items() if value is not None} == {
        "id",
        "name",
        "has_booked_call",
        "has_signed_up",
        "narc",
        "paid_invoice_count",
    }


def test_a_deal_starts_open_and_is_not_archived() -> None:
    """In Hermes as in Pipedrive."""
    assert (Deal(id=1, name="Acme", company_id=1).status, PdDeal(id=1, title="Acme").status) == ("open", "open")
    assert not Deal(id=1, name="Acme", company_id=1).archived
    assert not PdDeal(id=1, title="Acme").archived


def test_an_admin_does_nothing_unless_the_config_says_so() -> None:
    """Neither sales nor support nor business development."""
    admin = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com")

    assert (admin.is_sales_person, admin.is_support_person, admin.is_bdr_person) == (False, False, False)


def test_what_a_remote_does_not_say_is_no_and_none() -> None:
    """A cligency that says neither is no NARC and paid nothing; an e-mail is primary only when said."""
    assert (Cligency(id=20).narc, Cligency(id=20).paid_invoice_count) == (False, 0)
    assert not Reach(value="mary@example.com").primary


def test_every_kind_has_a_type_with_its_id_first() -> None:
    """And an object knows its kind."""
    assert set(OBJECT_TYPES) == set(Kind)
    assert {names[0] for names in FIELDS.values()} == {"id"}
    assert kind_of(Company(id=1, name="Acme")) is Kind.COMPANY
