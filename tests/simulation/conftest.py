"""The workshop of the simulations: one for each test process."""

from collections.abc import Iterator

import pytest

from tests.simulation.engine import Workshop


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """Twins and a database without sockets."""
    with Workshop() as made:
        yield made


@pytest.fixture(scope="session")
def served_workshop() -> Iterator[Workshop]:
    """Twins behind real HTTP."""
    with Workshop(served=True) as made:
        yield made
