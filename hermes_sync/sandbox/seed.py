"""What a sandbox starts with: a seed as JSON, and one with invented companies for a first look.

The format of a seed, every part optional, every item the keywords of the control call of that name:

    {"pipedrive": {"users": [{"user_id": 96, "name": …, "email": …}],
                   "fields": [{"kind": "organization", "name": …, "field_type": "varchar"}],
                   "pipelines": [{…}], "stages": [{…}], "organizations": [{"id": 1, "name": …, "custom": {…}}],
                   "persons": [{…}], "deals": [{…}], "activities": [{…}]},
     "tc2": {"admins": [{"admin_id": 33, …}], "clients": [{"id": 1, "agency": {…}, "recipients": […]}]}}

It comes on top of the default pipelines, stages, users and fields.
"""

from pathlib import Path

import orjson

from hermes_sync.sandbox.exchange import Json
from hermes_sync.sandbox.pipedrive import PipedriveTwin
from hermes_sync.sandbox.pipedrive_rows import KINDS
from hermes_sync.sandbox.tc2 import Tc2Twin

Seed = dict[str, Json]

COMPANIES = (
    ("Acorn Tutors", "United Kingdom", "GB", "Alice", "Archer", "1-payg", "active"),
    ("Beacon Learning", "United Kingdom", "GB", "Ben", "Bishop", "1-startup", "active"),
    ("Cedar Academy", "United States", "US", "Clara", "Cole", "1-enterprise", "trial"),
    ("Delta Maths", "Australia", "AU", "Dan", "Drake", "1-payg", "trial"),
    ("Elm Street Tuition", "United Kingdom", "GB", "Ella", "Evans", "1-payg", "pending_email_conf"),
    ("Fable Languages", "Ireland", "IE", "Finn", "Foster", "1-startup", "active-not-paying"),
    ("Grove Music", "Canada", "CA", "Gina", "Grant", "1-payg", "active"),
    ("Harbour Science", "United Kingdom", "GB", "Hugo", "Hart", "1-startup", "trial"),
    ("Iris Coaching", "Germany", "DE", "Ida", "Irving", "1-payg", "in-arrears"),
    ("Juniper Prep", "United States", "US", "Jack", "Jensen", "1-enterprise", "trial"),
    ("Kite Reading", "United Kingdom", "GB", "Kira", "King", "1-payg", "terminated"),
    ("Lantern Studies", "New Zealand", "NZ", "Leo", "Lane", "1-payg", "trial"),
)
LINKED = range(3)
ONLY_PIPEDRIVE = range(6, 9)
ONLY_TC2 = range(9, 12)
FIRST_STAGES = {"payg": (1, 1), "startup": (2, 6), "enterprise": (3, 11)}


def sample_seed() -> Seed:
    """Give twelve invented companies: six on both sides (three of them linked), three on either side only."""
    seed: Seed = {
        "pipedrive": {"organizations": [], "persons": [], "deals": []},
        "tc2": {"clients": []},
    }
    for number in range(len(COMPANIES)):
        if number not in ONLY_TC2:
            add_to_pipedrive(seed["pipedrive"], number)
        if number not in ONLY_PIPEDRIVE:
            seed["tc2"]["clients"].append(sample_client(number))
    return seed


def add_to_pipedrive(pipedrive: dict[str, list[Seed]], number: int) -> None:
    """Add an organization with a person and a deal."""
    name, country, _, first, last, plan, _ = COMPANIES[number]
    host = name.lower().replace(" ", "-")
    org_id = number + 1
    pipeline, stage = FIRST_STAGES[plan.split("-")[1]]
    custom = {"website": f"https://{host}.example.com", "price_plan": plan.split("-")[1]}
    owner = 99 if number % 2 == 0 else 98
    pipedrive["organizations"].append(
        {"id": org_id, "name": name, "owner_id": owner, "country": country, "custom": custom}
    )
    person = {"id": org_id, "name": f"{first} {last}", "org_id": org_id, "owner_id": owner}
    mailbox = f"{first}.{last}@{host}.example.com".lower()
    pipedrive["persons"].append({**person, "emails": [mailbox], "phones": [f"+44 20 7946 01{number:02}"]})
    pipedrive["deals"].append(
        {
            "id": org_id,
            "title": name,
            "org_id": org_id,
            "person_id": org_id,
            "owner_id": owner,
            "pipeline_id": pipeline,
            "stage_id": stage + number % 3,
        }
    )


def sample_client(number: int) -> Seed:
    """Give a cligency; the first three name the id of their organization, so that they are linked."""
    name, country, code, first, last, plan, status = COMPANIES[number]
    host = name.lower().replace(" ", "-")
    mailbox = f"{first}.{last}@{host}.example.com".lower()
    attrs = {"utm_source": "search", "currency": "GBP", "estimated_monthly_income": str(1000 + 250 * number)}
    if number in LINKED:
        attrs["pipedrive_id"] = str(number + 1)
    return {
        "id": 101 + number,
        "agency": {
            "id": 201 + number,
            "name": name,
            "website": f"https://{host}.example.com",
            "status": status,
            "price_plan": plan,
            "country": f"{country} ({code})",
            "paid_invoice_count": number % 4,
        },
        "first_name": first,
        "last_name": last,
        "email": mailbox,
        "phone": f"+44 20 7946 01{number:02}",
        "recipients": [{"id": 301 + number, "first_name": first, "last_name": last, "email": mailbox}],
        "extra_attrs": attrs,
        "sales_person": 30 if number % 2 == 0 else 31,
        "support_person": 31,
    }


def read_seed(seed: Seed | str | Path) -> Seed:
    """Give a seed from a dict, or from the JSON file of this path."""
    if isinstance(seed, dict):
        return seed
    content = orjson.loads(Path(seed).read_bytes())
    if not isinstance(content, dict):
        raise TypeError(f"{seed} must hold a JSON object with the keys pipedrive and tc2")
    return content


def plant(seed: Seed, pipedrive: PipedriveTwin, tc2: Tc2Twin) -> None:
    """Put a seed into fresh twins."""
    known = seed.get("pipedrive", {})
    for user in known.get("users", []):
        pipedrive.add_user(**user)
    for field in known.get("fields", []):
        pipedrive.add_field(**field)
    for collection in ("pipelines", "stages", "organizations", "persons", "deals", "activities"):
        for item in known.get(collection, []):
            pipedrive.create(KINDS[collection], **item)
    for admin in seed.get("tc2", {}).get("admins", []):
        tc2.add_admin(**admin)
    for client in seed.get("tc2", {}).get("clients", []):
        tc2.create_client(**client)
