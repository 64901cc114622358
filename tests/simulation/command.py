"""The command behind `script/simulate`: plays seeds, and tells all about those that break something."""

import argparse
import sys
from collections import Counter
from time import perf_counter

from tests.simulation.engine import Workshop
from tests.simulation.runner import Outcome, Simulation


def main() -> int:
    """Play the seeds that were asked for; return how many broke something, at most 1."""
    wanted = _arguments().parse_args()
    seeds = [wanted.seed] if wanted.seed is not None else range(wanted.start, wanted.start + wanted.seeds)
    broken: list[Outcome] = []
    fulls: Counter[int] = Counter()
    began = perf_counter()
    with Workshop(served=wanted.http) as workshop:
        for count, seed in enumerate(seeds, 1):
            outcome = Simulation(workshop, seed, steps=wanted.steps, without=wanted.without, calls=wanted.calls).run()
            fulls[outcome.full_passes] += 1
            if wanted.trace:
                print(*outcome.trace, sep="\n")
            if outcome.broken is not None:
                broken.append(outcome)
                shorter = _shortened(workshop, outcome, wanted.steps, calls=wanted.calls) if wanted.shorten else outcome
                if not wanted.trace:
                    print(*(shorter.trace if wanted.full_trace or wanted.shorten else shorter.trace[-12:]), sep="\n")
                print(f"BROKEN seed {seed}: {outcome.invariant}: {outcome.broken}", flush=True)
            if count % 25 == 0 or count == len(seeds):
                rate = count / (perf_counter() - began)
                passes = dict(sorted(fulls.items()))
                print(f"{count} seeds, {len(broken)} broken, {rate:.2f} a second, full passes {passes}", flush=True)
    for outcome in broken:
        print(f"script/simulate {outcome.command}  # {outcome.invariant}: {str(outcome.broken)[:120]}")
    return min(1, len(broken))


def _shortened(workshop: Workshop, outcome: Outcome, steps: int, *, calls: bool) -> Outcome:
    """Leave out steps, from many at once to single ones, as long as the same invariant breaks."""
    without: set[int] = set()
    shortest = outcome
    size = steps // 2
    while size:
        for first in range(0, steps, size):
            more = without | set(range(first, min(first + size, steps)))
            if more == without:
                continue
            again = Simulation(workshop, outcome.seed, steps=steps, without=more, calls=calls).run()
            if again.broken is not None and again.invariant == outcome.invariant:
                without, shortest = more, again
        size //= 2
    numbers = " ".join(str(one) for one in sorted(without))
    print(f"shortened to {steps - len(without)} steps: --seed {outcome.seed} --without {numbers}")
    return shortest


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many seeds to play")
    parser.add_argument("--from", type=int, default=1, dest="start", metavar="SEED", help="the first of them")
    parser.add_argument("--seed", type=int, metavar="ONE", help="play this one only")
    parser.add_argument("--steps", type=int, default=60, help="steps of each")
    parser.add_argument("--without", type=int, nargs="*", default=[], metavar="STEP", help="steps to leave out")
    parser.add_argument("--trace", action="store_true", help="print the trace of every seed")
    parser.add_argument("--full-trace", action="store_true", help="print the whole trace of a failure")
    parser.add_argument("--shorten", action="store_true", help="leave out the steps that a failure does not need")
    parser.add_argument("--calls", action="store_true", help="have people book calls as well")
    parser.add_argument("--http", action="store_true", help="put real HTTP between engine and twins")
    return parser


if __name__ == "__main__":
    sys.exit(main())
