"""Values of fields as people read them: short, on one line, and nested ones by what differs inside."""

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

import orjson

from hermes_sync.core.plan import FieldChange
from hermes_sync.core.values import is_nothing

NOTHING: Final = "—"
LONGEST: Final = 72
"""Characters of a value that are shown; of a longer one the rest is counted."""
_LEAD: Final = 12
_MOST_INSIDE: Final = 20
"""So many differences inside a nested value are shown, then counted."""


class Shown(NamedTuple):
    """One difference as it is printed: the field, possibly with a path inside it, and both values."""

    name: str
    before: str
    after: str


def differences(change: FieldChange) -> Iterator[Shown]:
    """Yield what to print for a changed field: one line, or one for each difference inside a nested value."""
    before, after = _structure(change.before), _structure(change.after)
    if before is not None and after is not None:
        yield from _inside(change.field, before, after)
        return
    start = _common_start(change.before, change.after)
    yield Shown(change.field, shown(change.before, start), shown(change.after, start))


def shown(value: object, start: int = 0) -> str:
    """Return a value on one line: texts in quotes, nothing as a dash, control characters spelt out.

    Of a long text what follows `start` is shown.
    """
    if is_nothing(value):
        return NOTHING
    if not isinstance(value, str):
        return _shortened(_printable(orjson.dumps(_plain(value)).decode()))
    if len(value) <= LONGEST:
        return _printable(json.dumps(value, ensure_ascii=False))
    part = value[start : start + LONGEST]
    left = "…" if start else ""
    right = "…" if start + LONGEST < len(value) else ""
    return f"{_printable(json.dumps(left + part + right, ensure_ascii=False))} ({len(value)} characters)"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def _printable(text: str) -> str:
    """Return a text that cannot move a terminal's cursor or turn its writing round."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _common_start(before: object, after: object) -> int:
    """Return from where to show two long texts, so that what differs is seen."""
    if not (isinstance(before, str) and isinstance(after, str)) or min(len(before), len(after)) <= LONGEST:
        return 0
    same = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), 0)
    return max(0, same - _LEAD) if same > LONGEST // 2 else 0


def _plain(value: object) -> object:
    """Return a value as JSON has it: dataclasses as objects, tuples as lists."""
    return orjson.loads(orjson.dumps(value, default=str))


def _structure(value: object) -> dict[str, object] | list[object] | None:
    """Return a nested value, also one that is kept as JSON text; None for a plain one."""
    if isinstance(value, str):
        if not value.startswith(("{", "[")):
            return None
        try:
            found = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    else:
        found = None if value is None or isinstance(value, bool | int | float) else _plain(value)
    return found if isinstance(found, dict | list) and found else None


def _inside(name: str, before: object, after: object) -> Iterator[Shown]:
    from deepdiff import DeepDiff  # slow to import, and few plans need it
    from deepdiff.helper import NotPresent

    def said(value: object) -> str:
        return NOTHING if isinstance(value, NotPresent) else shown(value)

    levels = [level for found in DeepDiff(before, after, view="tree").values() for level in found]
    lines = sorted(
        Shown(".".join((name, *map(str, level.path(output_format="list")))), said(level.t1), said(level.t2))
        for level in levels
    )
    yield from lines[:_MOST_INSIDE]
    if len(lines) > _MOST_INSIDE:
        yield Shown(f"{name}.…", NOTHING, f"{len(lines) - _MOST_INSIDE} more differences")
