"""The command behind `script/mutation`: how many mutants of core and rules the tests kill, and which they do not."""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from tests.mutation.judge import Fate, Judge, Verdict
from tests.mutation.mutants import Mutant, all_mutants


def main() -> int:
    """Judge the mutants that were asked for; return 1 when fewer than wanted were killed."""
    asked = _arguments().parse_args()
    mutants = _chosen(asked)
    judge = Judge()
    verdicts: list[Verdict] = []
    began = perf_counter()
    for verdict in judge.verdicts(mutants, workers=asked.workers):
        verdicts.append(verdict)
        if verdict.fate is Fate.SURVIVED:
            print(verdict.mutant, *verdict.mutant.difference(), sep="\n    ", flush=True)
        if len(verdicts) % 100 == 0:
            rate = len(verdicts) / (perf_counter() - began)
            survived = sum(one.fate is Fate.SURVIVED for one in verdicts)
            print(f"{len(verdicts)} of {len(mutants)}, {survived} survived, {rate:.1f} a second", flush=True)
    survivors = sorted(one.mutant for one in verdicts if one.fate is Fate.SURVIVED)
    if asked.survivors is not None:
        asked.survivors.write_text(json.dumps([str(one) for one in survivors]), encoding="utf-8")
    score = _print_table(verdicts)
    return int(score < asked.at_least)


def _chosen(asked: argparse.Namespace) -> Sequence[Mutant]:
    mutants = [one for one in all_mutants() if asked.only in one.path]
    if asked.again is not None:
        again = set(json.loads(asked.again.read_text(encoding="utf-8")))
        mutants = [one for one in mutants if str(one) in again]
    if asked.sample is None or asked.sample >= len(mutants):
        return mutants
    return sorted(random.Random(asked.seed).sample(mutants, asked.sample))


def _print_table(verdicts: Sequence[Verdict]) -> float:
    """Print killed and survived of each module and of all; return the share of the killed, in percent."""
    killed, survived = (
        Counter(one.mutant.path for one in verdicts if one.fate is fate) for fate in (Fate.KILLED, Fate.SURVIVED)
    )
    rows = [(path, killed[path], survived[path]) for path in sorted(killed | survived)]
    print(f"{'module':36} mutants  killed survived   score")
    for path, died, lived in (*rows, ("all", killed.total(), survived.total())):
        print(f"{path:36} {died + lived:7} {died:7} {lived:8} {_share(died, lived):6.1f} %")
    print(f"and {sum(one.fate is Fate.STILLBORN for one in verdicts)} that Python refuses to compile, or warns of")
    return _share(killed.total(), survived.total())


def _share(killed: int, survived: int) -> float:
    return 100 * killed / max(1, killed + survived)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/mutation", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="judge this many, chosen by the seed; else all")
    parser.add_argument("--seed", type=int, default=1, help="chooses the sample")
    parser.add_argument("--only", default="", metavar="PART", help="mutants of files with this in their path")
    parser.add_argument("--workers", type=int, default=2, help="how many to judge at once")
    parser.add_argument("--at-least", type=float, default=90, metavar="PERCENT", help="exit 1 below this score")
    parser.add_argument("--survivors", type=Path, metavar="FILE", help="write the survivors here")
    parser.add_argument("--again", type=Path, metavar="FILE", help="judge only the survivors that are written there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
