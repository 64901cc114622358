"""The garbage collector while a plan is made: asked less often.

Planning makes very many small values and no cycles among them: what is let go of goes at once, by its reference
count. Looking for cycles at the usual pace costs a first import a sixth of its time. Reading is left alone: the
answers of the HTTP library are large and in cycles.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_THRESHOLDS: Final = (50_000, 5, 2)
"""How many more values than before make the collector look at the young ones, at those left over from 5 such looks,
and, after 2 of those, at all: so that what is large and in a cycle does not stay for long."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the garbage collector look less often in a `with` block."""
    usual = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
