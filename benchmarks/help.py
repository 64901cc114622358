"""`hermes-sync --help`: the median wall time of new processes, in milliseconds, on an idle machine."""

import statistics
import subprocess
import sys
import time

import measuring
from measuring import Figure

RUNS = 11


def one_run() -> float:
    """Return the milliseconds from starting a process to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "hermes_sync", "--help"], check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Measure and compare."""
    one_run()  # compiles what was never imported
    measuring.finish(
        "hermes-sync --help", Figure("median", statistics.median(one_run() for _ in range(RUNS)), 300, "ms")
    )


if __name__ == "__main__":
    main()
