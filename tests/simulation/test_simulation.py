"""Seeds that must hold: whatever people, remotes and kills do, everything comes in step and nothing is lost.

`script/simulate --seed N` plays a seed of these again exactly, with its trace.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.simulation.engine import Workshop
from tests.simulation.runner import Outcome, Simulation

_SEEDS: Final = int(os.environ.get("HERMES_SIMULATION_SEEDS", "300"))
_CHUNK: Final = 10
_CHUNKS: Final = [range(first, min(first + _CHUNK, _SEEDS + 1)) for first in range(1, _SEEDS + 1, _CHUNK)]
_BROKEN_ONCE: Final = (
    *(5037, 5267, 5316, 5780, 5974, 6089, 6112, 6366, 6486),
    *(20705, 30247, 40562, 50006, 51725, 60336, 70198, 203262, 425062),
)
_CALLS: Final = [range(first, first + _CHUNK) for first in range(1001, 1001 + _SEEDS // 6, _CHUNK)]
_ROOT: Final = Path(__file__).parents[2]


def _told(outcome: Outcome) -> str:
    return "\n".join([*outcome.trace[-40:], f"script/simulate {outcome.command}: {outcome.broken}"])


@pytest.mark.parametrize("seeds", _CHUNKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_invariant_holds(workshop: Workshop, seeds: range) -> None:
    """Sixty steps of each seed, then nobody does anything any more, and everything is as it must be."""
    broken = [outcome for seed in seeds if (outcome := Simulation(workshop, seed).run()).broken]
    assert not broken, "\n\n".join(map(_told, broken))


@pytest.mark.parametrize("seeds", _CALLS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_invariant_holds_while_people_book(workshop: Workshop, seeds: range) -> None:
    """The same with callers on the website, between passes and in the middle of them."""
    broken = [outcome for seed in seeds if (outcome := Simulation(workshop, seed, calls=True).run()).broken]
    assert not broken, "\n\n".join(map(_told, broken))


@pytest.mark.parametrize("seed", _BROKEN_ONCE)
def test_what_broke_once_holds(workshop: Workshop, seed: int) -> None:
    """Seeds that broke an invariant before something was mended; what it was stands shortly in `test_found`."""
    outcome = Simulation(workshop, seed).run()
    assert not outcome.broken, _told(outcome)


@pytest.mark.parametrize("seed", [5, 17, 26])
def test_a_seed_is_the_same_every_time(workshop: Workshop, seed: int) -> None:
    """The same seed gives the same trace, byte for byte: again, and in a process that orders its sets otherwise."""
    first, second = (Simulation(workshop, seed).run() for _ in range(2))
    assert first.trace == second.trace
    command = [sys.executable, "-m", "tests.simulation.command", "--seed", str(seed), "--trace"]
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(_ROOT)}
    other = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)
    assert other.stdout.splitlines()[: len(first.trace)] == list(first.trace)


@pytest.mark.parametrize("seed", [2, 8, 19, 23])
def test_sockets_change_nothing(workshop: Workshop, served_workshop: Workshop, seed: int) -> None:
    """Over real HTTP a seed has the same trace and the same end as without sockets."""
    over_http = Simulation(served_workshop, seed).run()
    without = Simulation(workshop, seed).run()
    assert over_http.broken is None
    assert over_http.trace == without.trace
    assert over_http.end == without.end


def test_without_steps_nothing_is_planned_twice(workshop: Workshop) -> None:
    """A world in which nobody does anything: one pass learns the Pipelines, the next plans nothing."""
    outcome = Simulation(workshop, 1, steps=0).run()
    assert outcome.broken is None
    assert outcome.full_passes == 1
