"""The judge: runs the tests of core and rules against mutants, each in a fork of a process that has all else loaded.

Nothing is written to disk: the fork imports the mutant's text in the module's place.
"""

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.mutants import Mutant

TESTS = ("tests/core", "tests/rules")
CPU_SECONDS = 30
"""Many times what the tests take: a mutant that has not ended by then never would. CPU time, so that a busy machine
convicts nobody."""
MEMORY = 4 << 30
"""Bytes of address space: a mutant that needs more is one that never ends."""

_STILLBORN: Final = 77
"""An exit code that pytest does not know."""

settings.register_profile(
    "mutation",
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
_ARGUMENTS = ["-x", "-q", "--assert=plain", "--noconftest", "-p", "no:cacheprovider", "--hypothesis-profile=mutation"]


class Fate(StrEnum):
    """What became of a mutant: a test noticed it, none did, or compiling it was enough to notice it."""

    KILLED = "killed"
    SURVIVED = "survived"
    STILLBORN = "stillborn"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mutant and what became of it."""

    mutant: Mutant
    fate: Fate


class Judge:
    """Tells which mutants survive the tests. Forks, so it belongs into a process without threads."""

    def __init__(self) -> None:
        """Load what the tests need, and forget what is to be imported anew."""
        sys.dont_write_bytecode = False  # compile once what is no mutant
        if _in_a_fork(partial(_run, TESTS)) != 0:
            raise SystemExit("error: the tests of core and rules fail without a mutant; see `script/test tests/core`")
        with _silence():
            _run((*TESTS, "--collect-only"))
        _forget("tests", "hermes_sync.rules")
        gc.collect()
        gc.freeze()

    def verdicts(self, mutants: Iterable[Mutant], *, workers: int) -> Iterator[Verdict]:
        """Yield what became of each, in the order in which they end."""
        running: dict[int, Mutant] = {}
        for mutant in mutants:
            running[_fork(partial(_try, mutant))] = mutant
            if len(running) == workers:
                yield _next(running)
        while running:
            yield _next(running)


class _Loader(SourceFileLoader):
    """Loads a mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(Path(mutant.path).absolute()))
        self.code = mutant.compiled(self.path)

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the mutant, whatever stands in the file."""
        return self.code


class _Finder:
    """Finds the mutant before anything else finds its module."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return what loads the mutant, when its module is looked for."""
        if name != self._loader.name:
            return None
        return spec_from_file_location(name, self._loader.path, loader=self._loader)


class _Order:
    """Puts the tests with many examples last."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort what pytest found."""
        items.sort(key=lambda item: getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def _run(arguments: Sequence[str]) -> int:
    return pytest.main([*_ARGUMENTS, *arguments], plugins=[_Order()])


def _forget(*packages: str) -> None:
    """Have what is in these packages imported anew, but for the judge."""
    for name in list(sys.modules):
        if f"{name}.".startswith(tuple(f"{one}." for one in packages)) and not name.startswith("tests.mutation"):
            del sys.modules[name]


def _likely(mutant: Mutant) -> list[str]:
    """Return the test files that are likely to notice: those that name the module, else the cases of the rows."""
    own = [one.as_posix() for one in Path("tests/core").glob("test_*.py") if Path(mutant.path).stem in one.stem]
    return own or ["tests/rules"]


def _try(mutant: Mutant) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    loader = _Loader(mutant)
    if loader.code is None:
        return _STILLBORN
    sys.meta_path.insert(0, _Finder(loader))
    if not mutant.module.startswith("hermes_sync.rules"):
        _forget("hermes_sync")  # the core knows nothing of the rules, so that it is the same for their mutants
    likely = _likely(mutant)
    return _run(likely) or _run((*TESTS, *(f"--ignore={one}" for one in likely)))


def _next(running: dict[int, Mutant]) -> Verdict:
    """Wait for one of those who run; whatever breaks the tests or ends them with a signal was noticed."""
    number, status = os.wait()
    mutant = running.pop(number)
    code = os.waitstatus_to_exitcode(status)
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"error: pytest did not judge {mutant}: {pytest.ExitCode(code)!r}")
    return Verdict(mutant, {0: Fate.SURVIVED, _STILLBORN: Fate.STILLBORN}.get(code, Fate.KILLED))


def _in_a_fork(work: Callable[[], int]) -> int:
    _, status = os.waitpid(_fork(work), 0)
    return os.waitstatus_to_exitcode(status)


def _fork(work: Callable[[], int]) -> int:
    """Start a silent fork that ends with what `work` returns, INTERNAL_ERROR if it raises; return its number."""
    sys.stdout.flush()
    number = os.fork()
    if number:
        return number
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        with _silence():
            code = int(work())
    finally:
        os._exit(code)


@contextmanager
def _silence() -> Iterator[None]:
    """Send what is printed nowhere, for a while."""
    kept = [(one, os.dup(one)) for one in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for one, _ in kept:
        os.dup2(nowhere, one)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stdout.flush()
        for one, real in kept:
            os.dup2(real, one)
            os.close(real)
