"""DeepDiff against the comparison that passes use, on the same pairs of objects; no limit, only the reason.

Pairs of cligencies of 25 fields, 1 % of them different. Ours is what `Draft.compare` does for each: one text of the
record, one digest of it, compared with the stored digest. DeepDiff gets the same two records as dictionaries. Both in
microseconds of CPU time a pair. It says why DeepDiff is used for showing nested values only.
"""

from dataclasses import asdict

import accounts
import measuring
import orjson
from deepdiff import DeepDiff
from measuring import Figure, Stopwatch
from planning import policy

from hermes_sync.core.records import Cligency
from hermes_sync.store.rows import digest_of

PAIRS = 2_000
EVERY = 100


def ours(pairs: list[tuple[Cligency, Cligency]]) -> tuple[int, float]:
    """Return how many pairs differ, and the CPU time of finding it out."""
    stored = [digest_of(orjson.dumps(seen)) for seen, _ in pairs]
    watch = Stopwatch()
    with watch.running():
        found = sum(digest_of(orjson.dumps(one)) != digest for (_, one), digest in zip(pairs, stored, strict=True))
    return found, watch.seconds


def theirs(pairs: list[tuple[Cligency, Cligency]]) -> tuple[int, float]:
    """Return the same of DeepDiff."""
    plain = [(asdict(seen), asdict(one)) for seen, one in pairs]
    watch = Stopwatch()
    with watch.running():
        found = sum(bool(DeepDiff(seen, one)) for seen, one in plain)
    return found, watch.seconds


def main() -> None:
    """Measure and tell."""
    seen = accounts.cligencies(PAIRS, policy())
    paid = accounts.cligencies(PAIRS, policy(), invoices=4)
    same = accounts.cligencies(PAIRS, policy())
    fresh = (new if one.id % EVERY == 0 else one for one, new in zip(same, paid, strict=True))
    pairs = list(zip(seen, fresh, strict=True))
    (our_count, our_seconds), (their_count, their_seconds) = ours(pairs), theirs(pairs)
    assert our_count == their_count == PAIRS // EVERY, "both find the same differences"
    measuring.finish(
        "DeepDiff against our comparison",
        Figure("ours", 1e6 * our_seconds / PAIRS, unit="µs a pair"),
        Figure("DeepDiff", 1e6 * their_seconds / PAIRS, unit="µs a pair"),
        Figure("DeepDiff takes", their_seconds / our_seconds, unit="times as long"),
    )


if __name__ == "__main__":
    main()
