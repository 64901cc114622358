"""The garbage collector while a pass runs: asked less often.

A pass makes very many small values and hardly a cycle among them: what is let go of goes at once, by its reference
count. Looking for cycles at the usual pace costs a first import an eighth of its time and finds nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_VALUES_BETWEEN: Final = 50_000
"""How many more values than before make the collector look at the young ones; 700 or so is usual."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the garbage collector look less often in a `with` block."""
    usual = gc.get_threshold()
    gc.set_threshold(_VALUES_BETWEEN, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
