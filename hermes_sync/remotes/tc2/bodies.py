"""What a push to TC2 says: extra attributes by machine name, dropdowns as slugs (facts 9)."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from hermes_sync.core.records import Cligency
from hermes_sync.core.values import text
from hermes_sync.ports import Order
from hermes_sync.remotes.pushing import Said, Unsaid

_NOT_IN_A_SLUG: Final = re.compile(r"[^\w\s-]", re.ASCII)
_GAPS: Final = re.compile(r"[-\s]+")


def said(order: Order, attrs: Mapping[str, str]) -> tuple[list[Said], list[Unsaid]]:
    """Return what an order says, and what of it the config has no attribute for. None clears an attribute."""
    dropdowns = order.seen.dropdowns if isinstance(order.seen, Cligency) else ()
    spoken: list[Said] = []
    unsaid: list[Unsaid] = []
    for one in order.changes:
        machine_name = attrs.get(one.field)
        if machine_name is None:
            unsaid.append(
                Unsaid(field=one.field, why=f"the config names no attribute: set tc2.extra_attrs.{one.field}")
            )
            continue
        value = text(one.after)
        if value is not None and one.field in dropdowns:
            value = slug(value)
        spoken.append(Said(field=one.field, key=machine_name, value=value, is_custom=True))
    return spoken, unsaid


def slug(label: str) -> str:
    """Return the spelling in which TC2 wants an option of a dropdown: "Doesn't suit student" → doesnt-suit-student."""
    folded = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return _GAPS.sub("-", _NOT_IN_A_SLUG.sub("", folded).strip().lower()).strip("-_")
