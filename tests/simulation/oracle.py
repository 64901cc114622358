"""What Hermes and the remotes must say in the end: a second, much simpler telling of the specification.

It speaks of single objects and their owners (semantics 3 and 4), never of how they came about, and it shares no code
with what it judges. An object that no reading can use (a blank name) is left out, and so is what hangs on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.simulation.addresses import PIPEDRIVE_URL
from tests.simulation.books import Objects
from tests.simulation.broken import must
from tests.simulation.engine import SimulatedRig
from tests.simulation.graves import Graves
from tests.simulation.pools import COUNTRIES, PLANS

_OWNERS: Final[Mapping[int | None, int | None]] = {None: None, 99: 1, 98: 2}
_ADMINS: Final[Mapping[int | None, int | None]] = {None: None, 30: 1, 31: 2}
_SHOWN: Final[Mapping[int | None, int | None]] = {None: None, 1: 99, 2: 98}
_LONGEST: Final = 255


@dataclass
class Oracle:
    """Compares the objects of Hermes with what lives in the remotes."""

    rig: SimulatedRig
    objects: Objects
    graves: Graves
    recreates: bool
    copied: Collection[tuple[str, str]]
    """The `hermes_id`s that people copied, by kind."""

    def __post_init__(self) -> None:
        self.orgs = {row["id"]: row for row in self.rig.pd.all("organization")}
        self.persons = {row["id"]: row for row in self.rig.pd.all("person")}
        self.deals = {row["id"]: row for row in self.rig.pd.all("deal")}
        self.clients = {row["id"]: row for row in self.rig.tc2.all_clients()}
        self.companies = self.objects["companies"]
        self.contacts = self.objects["contacts"]
        self.company_of_org = self._linked("companies", "pd_org_id", self.orgs)
        self.company_of_client = self._linked("companies", "tc2_cligency_id", self.clients)
        self.contact_of_person = self._linked("contacts", "pd_person_id", self.persons)
        self.deal_of_deal = self._linked("deals", "pd_deal_id", self.deals)

    def check(self) -> None:
        """Raise Broken for the first thing that is not as it must be."""
        self._check_stages()
        for id_, org in self.orgs.items():
            self._check_org(id_, org)
        for id_, person in self.persons.items():
            self._check_person(id_, person)
        for id_, deal in self.deals.items():
            self._check_deal(id_, deal)
        for id_, client in self.clients.items():
            self._check_client(id_, client)
        self._check_hermes_ids()
        self._check_calls()

    def _linked(self, table: str, column: str, living: Mapping[int, object]) -> dict[int, dict[str, Any]]:
        """Return remote id → Hermes object; each must lead to something that lives, and no two to the same."""
        found: dict[int, dict[str, Any]] = {}
        for row in self.objects[table].values():
            if row[column] is None:
                continue
            must(row[column] in living, "oracle", f"{table} {row['id']}: {column} {row[column]} does not live")
            must(row[column] not in found, "oracle", f"{table}: {column} {row[column]} is linked twice")
            found[row[column]] = row
        return found

    def _check_stages(self) -> None:
        for kind, table in (("pipeline", "pipelines"), ("stage", "stages")):
            lives = {row["id"]: row["name"].strip() for row in self.rig.pd.all(kind)}
            known = {row[f"pd_{kind}_id"]: row["name"] for row in self.objects[table].values()}
            must(known == lives, "oracle", f"{table} are {known}, in Pipedrive {lives}")

    def _check_org(self, id_: int, org: dict[str, Any]) -> None:
        name = org["name"].strip()
        if not name:
            return
        company = self.company_of_org.get(id_)
        if company is None:
            excused = self.graves.excuses(f"pipedrive:organization:{id_}", recreates=self.recreates)
            must(excused, "oracle", f"organization {id_} has no Company")
            return
        address = org["address"] or {}
        self._same(company, "name", name[:_LONGEST], id_)
        self._same(company, "country", COUNTRIES[address.get("value")], id_)
        if org["owner_id"] in _OWNERS:
            self._same(company, "sales_person_id", _OWNERS[org["owner_id"]], id_)
        custom = self.rig.pd.custom("organization", id_)
        if company["tc2_cligency_id"] is None:
            for field in ("tc2_status", "price_plan", "website"):
                self._same(company, field, (custom[field] or "").strip() or None, id_)
            self._same(company, "paid_invoice_count", int(custom["paid_invoice_count"] or 0), id_)
            if custom["support_person_id"] in _OWNERS:
                self._same(company, "support_person_id", _OWNERS[custom["support_person_id"]], id_)
            return
        if not self._is_cligency(company):
            return
        for field in ("tc2_status", "price_plan", "website", "paid_invoice_count"):
            said, wanted = custom[field] or None, company[field] or None
            must(said == wanted, "ownership", f"organization {id_}: {field} is {said!r}, TC2 says {wanted!r}")
        shown = _SHOWN[company["support_person_id"]]
        must(custom["support_person_id"] == shown, "ownership", f"organization {id_}: support {custom} is not {shown}")

    def _check_person(self, id_: int, person: dict[str, Any]) -> None:
        company = self.company_of_org.get(person["org_id"])
        contact = self.contact_of_person.get(id_)
        if not person["name"].strip():
            return
        if company is not None:
            must(contact, "oracle", f"person {id_} of organization {person['org_id']} has no Contact")
        if contact is None:
            return
        if company is not None:
            self._same(contact, "company_id", company["id"], id_)
        emails = [one["value"].strip().lower() for one in person["emails"] if one["primary"]]
        phones = [one["value"].strip() for one in person["phones"] if one["primary"]]
        names = (person["first_name"], person["last_name"])
        if (contact["last_name"], contact["first_name"]) == names:  # one word, which TC2 calls the last name
            names = (contact["first_name"], contact["last_name"])
        for field, said in (
            ("first_name", names[0]),
            ("last_name", names[1]),
            ("email", emails[0] if emails else None),
            ("phone", phones[0] if phones else None),
        ):
            if said or contact["tc2_sr_id"] is None:  # a cligency fills blanks
                self._same(contact, field, said, id_)

    def _check_deal(self, id_: int, pd_deal: dict[str, Any]) -> None:
        company = self.company_of_org.get(pd_deal["org_id"])
        deal = self.deal_of_deal.get(id_)
        if company is not None:
            must(deal, "oracle", f"deal {id_} of organization {pd_deal['org_id']} has no Deal")
        if deal is None:
            return
        if company is not None:
            self._same(deal, "company_id", company["id"], id_)
        self._same(deal, "name", pd_deal["title"], id_)
        self._same(deal, "status", pd_deal["status"], id_)
        self._same(deal, "archived", pd_deal["is_archived"], id_)
        if pd_deal["owner_id"] in _OWNERS:
            self._same(deal, "admin_id", _OWNERS[pd_deal["owner_id"]], id_)
        contact = self.contact_of_person.get(pd_deal["person_id"])
        self._same(deal, "contact_id", contact and contact["id"], id_)
        for kind, table in (("pipeline", "pipelines"), ("stage", "stages")):
            wanted = {row[f"pd_{kind}_id"]: row["id"] for row in self.objects[table].values()}
            self._same(deal, f"{kind}_id", wanted.get(pd_deal[f"{kind}_id"]), id_)

    def _check_client(self, id_: int, client: dict[str, Any]) -> None:
        company = self.company_of_client.get(id_)
        agency = client.get("meta_agency")
        if agency is None:
            return
        if company is None:
            excused = self.graves.excuses(f"tc2:client:{id_}", recreates=self.recreates)
            must(excused, "oracle", f"cligency {id_} has no Company")
            return
        self._same(company, "price_plan", PLANS[agency["price_plan"]], id_)
        self._same(company, "tc2_status", agency["status"], id_)
        self._same(company, "website", agency["website"] or None, id_)
        self._same(company, "paid_invoice_count", agency["paid_invoice_count"], id_)
        self._same(company, "narc", bool(agency["narc"]), id_)
        self._same(company, "tc2_agency_id", agency["id"], id_)
        for field, key in (("support_person_id", "associated_admin"), ("bdr_person_id", "bdr_person")):
            admin = (client[key] or {}).get("id")
            if admin in _ADMINS:
                self._same(company, field, _ADMINS[admin], id_)
        for recipient in client["paid_recipients"]:
            self._check_sr(recipient["id"], company)
        self._check_attributes(id_, company)

    def _check_sr(self, id_: int, company: dict[str, Any]) -> None:
        found = [row for row in self.contacts.values() if row["tc2_sr_id"] == id_]
        must(len(found) <= 1, "oracle", f"SR {id_} has {len(found)} Contacts")
        must(found or id_ in self.graves.srs, "oracle", f"SR {id_} of Company {company['id']} has no Contact")

    def _check_attributes(self, id_: int, company: dict[str, Any]) -> None:
        attrs = self.rig.tc2.attrs(id_)
        org = company["pd_org_id"]
        if org is not None and not self.orgs[org]["name"].strip():
            return  # what people scribble into attributes is put right with the Org, and nobody can read that one
        if org is not None:
            said = attrs["pipedrive_id"], (attrs["pipedrive_url"] or "").rstrip("/")
            wanted = str(org), f"{PIPEDRIVE_URL}/organization/{org}"
            must(said == wanted, "oracle", f"cligency {id_} names {said}, not {wanted}")
        deals = [row for row in self.objects["deals"].values() if row["company_id"] == company["id"]]
        open_deals = [row for row in deals if row["status"] == "open" and not row["archived"]]
        shown = max(open_deals, key=lambda row: row["pd_deal_id"] or 0, default={"stage_id": None, "pipeline_id": None})
        for attr, table, key in (
            ("pipedrive_deal_stage", "stages", "stage_id"),
            ("pipedrive_pipeline", "pipelines", "pipeline_id"),
        ):
            name = self.objects[table].get(shown[key] or 0, {"name": None})["name"]
            must(attrs[attr] == name, "oracle", f"cligency {id_}: {attr} is {attrs[attr]!r}, not {name!r}")

    def _check_calls(self) -> None:
        """Whoever booked is in Pipedrive, and so is each call, once."""
        readable = {id_ for id_, org in self.orgs.items() if org["name"].strip()}
        activities = [row["pd_activity_id"] for row in self.objects["meetings"].values()]
        must(len(activities) == len(set(activities)), "oracle", f"meetings share an activity: {activities}")
        for meeting in self.objects["meetings"].values():
            org = self.companies[meeting["company_id"]]["pd_org_id"]
            must(org is not None, "oracle", f"Company {meeting['company_id']} booked and has no organization")
            if org in readable:
                must(meeting["pd_activity_id"], "oracle", f"Meeting {meeting['id']} has no activity")

    def _check_hermes_ids(self) -> None:
        """Whatever hermes-sync created says who it belongs to."""
        for kind, table, column in (("organization", "companies", "pd_org_id"), ("person", "contacts", "pd_person_id")):
            ours = {
                entry.body["custom_fields"][self.rig.pd.field_key(kind, "hermes_id")]: entry
                for entry in self.rig.pd.log.writes()
                if entry.method == "POST" and entry.path.endswith(f"/{kind}s")
            }
            for row in self.objects[table].values():
                if (
                    str(row["id"]) in ours
                    and row[column] is not None
                    and self.rig.pd.get(kind, row[column])["name"].strip()
                ):
                    said = self.rig.pd.custom(kind, row[column])["hermes_id"]
                    fits = said is None or str(row["id"]) in said.split(", ") or (kind, said) in self.copied
                    must(fits, "oracle", f"{kind} {row[column]} says {said!r}")

    def _is_cligency(self, company: dict[str, Any]) -> bool:
        return self.clients[company["tc2_cligency_id"]].get("meta_agency") is not None

    def _same(self, row: Mapping[str, Any], field: str, wanted: object, id_: int) -> None:
        must(row[field] == wanted, "oracle", f"{row['id']} of {id_}: {field} is {row[field]!r}, not {wanted!r}")
