"""Deletions: only what is really gone is deleted, and what was deleted comes back only when something changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.simulation.broken import must
from tests.simulation.content import Content, content_of
from tests.simulation.engine import SimulatedRig

Deed: TypeAlias = dict[str, Any]
"""An entry of the journal about a Hermes object."""


@dataclass
class Graves:
    """Remembers what was left alive in a remote when its Hermes object was deleted, and what it said then.

    `orphans`: ref of an Org or cligency whose Company was deleted → its content then; None when the pass that
    deleted it may have read something older, or could not read it. `srs`: SR id → ref and content of its cligency,
    likewise.
    """

    rig: SimulatedRig
    orphans: dict[str, Content | None] = field(default_factory=dict)
    srs: dict[int, tuple[str, Content | None]] = field(default_factory=dict)
    revived: set[str] = field(default_factory=set)
    """Orphans that were gone themselves for a while: restored, they count as new."""

    met: dict[str, Content | None] = field(default_factory=dict)
    """What the remembered ones said when the pass began."""

    def open(self) -> None:
        """Look at the remembered ones before a pass, which may itself put right what people scribbled."""
        refs = [*self.orphans, *(ref for ref, _ in self.srs.values())]
        self.met = {ref: content_of(self.rig, ref) for ref in refs}

    def check(self, deeds: Sequence[Deed], *, is_calm: bool, is_current: bool, recreates: bool) -> None:
        """Judge and remember what a pass deleted and created in Hermes, as its journal tells.

        `is_current` says that it read whatever had changed before it began.
        """
        if is_calm:
            for one in deeds:
                if one["verb"] == "delete" and "extra/pd.merge" not in one["rules"]:
                    living = content_of(self.rig, one["cause"]) is not None
                    must(not living, "proven-gone", f"{one['key']} was deleted and {one['cause']} lives")
            self._check_creations(deeds, recreates=recreates)
        self._remember(deeds, is_current=is_calm and is_current)

    def _check_creations(self, deeds: Sequence[Deed], *, recreates: bool) -> None:
        for one in deeds:
            ref, why = one["cause"], f"{one['cause']}: {one['rules']}"
            if one["verb"] != "create":
                continue
            is_first_reading = '"pd.org.created/' in one["rules"]  # nobody can say that it is as it was
            if one["object"] == "company" and ref in self.orphans.keys() - self.revived and not is_first_reading:
                must(recreates, "no-resurrection", f"a Company again for {why}")
                unchanged = self.orphans[ref] == self.met[ref]
                must(not unchanged, "no-resurrection", f"unchanged, and a Company again for {why}")
            if one["object"] == "contact" and one["after"]["tc2_sr_id"] in self.srs:
                unchanged = self.srs[one["after"]["tc2_sr_id"]] == (ref, self.met.get(ref))
                is_linked_anew = any(_links_anew(deed, one["after"]["company_id"]) for deed in deeds)
                must(is_linked_anew or not unchanged, "no-resurrection", f"unchanged, and a Contact again for {why}")

    def _remember(self, deeds: Sequence[Deed], *, is_current: bool) -> None:
        for one in deeds:
            if one["verb"] == "create":
                self.orphans.pop(one["cause"], None)
                self.revived.discard(one["cause"])
        for one in deeds:
            if one["verb"] == "delete" and one["object"] == "company":
                for ref in _refs(one["before"]):
                    content = content_of(self.rig, ref)
                    # What is gone unseen and is restored before anybody looks, nobody can tell from what never left;
                    # whose own deletion was the cause counts as new once it is back.
                    if ref != one["cause"]:
                        self.orphans[ref] = content if is_current and _is_readable(ref, content) else None
            if one["verb"] == "delete" and one["object"] == "contact" and one["before"]["tc2_sr_id"] is not None:
                self._remember_sr(one["before"]["tc2_sr_id"], is_current=is_current)

    def _remember_sr(self, sr_id: int, *, is_current: bool) -> None:
        for client in self.rig.tc2.state.living():
            if any(row["id"] == sr_id for row in client.recipients):
                ref = f"tc2:client:{client.id}"
                self.srs[sr_id] = (ref, content_of(self.rig, ref) if is_current else None)

    def look_around(self) -> None:
        """Note which orphans are gone themselves now; a client without an agency is no cligency any more."""
        for ref in self.orphans:
            content = content_of(self.rig, ref)
            if content is None or (ref.startswith("tc2:") and content.get("meta_agency") is None):
                self.revived.add(ref)

    def excuses(self, ref: str, *, recreates: bool) -> bool:
        """Whether a living Org or cligency may be without a Company: deleted on purpose and as it was then."""
        if ref not in self.orphans:
            return False
        content = self.orphans[ref]
        return not recreates or content is None or content == content_of(self.rig, ref)


def _is_readable(ref: str, content: Content | None) -> bool:
    """Whether a pass can have taken in what something says: an Org without a name is put aside."""
    return content is not None and (ref.startswith("tc2:") or "name" in content)


def _refs(company: Mapping[str, Any]) -> Iterator[str]:
    if company["pd_org_id"] is not None:
        yield f"pipedrive:organization:{company['pd_org_id']}"
    if company["tc2_cligency_id"] is not None:
        yield f"tc2:client:{company['tc2_cligency_id']}"


def _links_anew(deed: Deed, company_id: int) -> bool:
    """Whether a Company got a cligency: then the SRs of that cligency count as new."""
    if deed["object"] != "company" or deed["hermes_id"] != company_id or deed["after"] is None:
        return False
    before = deed["before"] or {"tc2_cligency_id": None}
    return bool(before["tc2_cligency_id"] != deed["after"]["tc2_cligency_id"])
