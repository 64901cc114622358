"""What the config decides about deciding: the part of the settings that the core and the rules read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from hermes_sync.core.objects import Admin
from hermes_sync.core.records import RemoteKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a new Deal starts, as Pipedrive ids."""

    pipeline: int
    stage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings that decisions depend on; frozen for the length of a pass.

    `org_fields` names the custom fields of an Org that the config maps: a name left out is not synced
    (interface 2), which is not the same as a field that is empty.
    """

    admins: tuple[Admin, ...] = ()
    org_fields: frozenset[str] = frozenset()
    person_fields: frozenset[str] = frozenset()
    deal_fields: frozenset[str] = frozenset()
    client_attrs: frozenset[str] = frozenset()
    pipedrive_base_url: str = ""
    tc2_base_url: str = ""
    recreate_deleted: bool = True
    starts: Mapping[str, Start] = field(default_factory=dict)

    def without(self, disabled: Mapping[RemoteKind, Collection[str]]) -> "Policy":
        """Return the policy without these mapped fields."""
        return replace(
            self,
            org_fields=self.org_fields.difference(disabled.get(RemoteKind.ORGANIZATION, ())),
            person_fields=self.person_fields.difference(disabled.get(RemoteKind.PERSON, ())),
            deal_fields=self.deal_fields.difference(disabled.get(RemoteKind.DEAL, ())),
        )

    def admin(self, id_: int | None) -> Admin | None:
        """Return the admin with this id of the config."""
        return next((admin for admin in self.admins if admin.id == id_), None)

    def admin_of_owner(self, pd_owner_id: int) -> Admin | None:
        """Return the admin who is this Pipedrive user."""
        return next((admin for admin in self.admins if admin.pd_owner_id == pd_owner_id), None)

    def admin_of_tc2(self, tc2_admin_id: int) -> Admin | None:
        """Return the admin who is this TC2 admin."""
        return next((admin for admin in self.admins if admin.tc2_admin_id == tc2_admin_id), None)

    def pd_owner_of(self, admin_id: int | None) -> int | None:
        """Return the Pipedrive user that an admin is."""
        return next((admin.pd_owner_id for admin in self.admins if admin.id == admin_id), None)

    def org_url(self, org_id: int) -> str:
        """Return the address of an Org, as `pipedrive_url` holds it (semantics 3)."""
        return f"{self.pipedrive_base_url.rstrip('/')}/organization/{org_id}/"

    def cligency_url(self, cligency_id: int) -> str:
        """Return the address of a cligency, as `tc2_cligency_url` holds it (semantics 3)."""
        return f"{self.tc2_base_url.rstrip('/')}/clients/{cligency_id}/"
