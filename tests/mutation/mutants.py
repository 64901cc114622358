"""Mutants: copies of a module of the core or the rules that differ in one operator, number, condition or decorator.

cosmic-ray says where one can be made and makes it. What only the type checker reads is left out: the tests could not
judge it.
"""

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from warnings import catch_warnings

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.tree import Leaf, NodeOrLeaf

PACKAGES = ("hermes_sync/core", "hermes_sync/rules")
"""What decides, and so what the tests must hold in every detail; below the root of the repository."""

Place = tuple[int, int]
"""Line from 1, column from 0."""


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One change to one module: the nth place in it that this operator of cosmic-ray can change."""

    path: str
    line: int
    operator: str
    occurrence: int

    @property
    def module(self) -> str:
        """The module's name, as it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def source(self) -> str:
        """Return the module's text with the change."""
        changed: str | None = mutate_code(_text(self.path), _operators()[self.operator], self.occurrence)
        assert changed is not None, f"{self} is no mutant of this source"
        return changed

    def compiled(self, filename: str) -> CodeType | None:
        """Return the module's code with the change, under this name; None when Python refuses it or warns of it."""
        with catch_warnings(action="error", category=SyntaxWarning):  # such as `is` with a literal
            try:
                return compile(self.source(), filename, "exec", dont_inherit=True)
            except SyntaxError:
                return None

    def difference(self) -> Sequence[str]:
        """Return the lines that differ, as `- old` and `+ new`."""
        lines = difflib.ndiff(_text(self.path).splitlines(), self.source().splitlines())
        return [f"{one[0]} {one[2:].strip()}" for one in lines if one[0] in "+-"]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.operator} #{self.occurrence}"


def all_mutants() -> list[Mutant]:
    """Return every mutant that the tests can judge, in the order of files and lines."""
    paths = (path for package in PACKAGES for path in Path(package).glob("*.py"))
    return sorted(one for path in paths for one in _of_module(path.as_posix()))


def _of_module(path: str) -> Iterator[Mutant]:
    tree = get_ast(_text(path))
    nodes = list(ast_nodes(tree))
    types = _for_the_type_checker(_text(path))
    for name, operator in _operators().items():
        places = ((node, start) for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, (node, start) in enumerate(places):
            if not _unpacks(node) and not any(first <= start < last for first, last in types):
                yield Mutant(path, start[0], name, occurrence)


def _unpacks(node: NodeOrLeaf) -> bool:
    """Whether this is a star that multiplies nothing, as in `*args`, `{**fields}` and `def f(*, keyword)`."""
    is_star = isinstance(node, Leaf) and node.value in ("*", "**")
    return is_star and (node.parent is None or node.parent.type not in ("term", "power"))


def _for_the_type_checker(text: str) -> list[tuple[Place, Place]]:
    """Return where annotations and unions of types stand: `X | None` is no calculation."""
    tree = ast.parse(text)
    read: list[ast.expr | None] = [
        one.value for one in tree.body if isinstance(one, ast.Assign | ast.AnnAssign) and _is_union(one.value)
    ]
    for node in ast.walk(tree):
        match node:
            case ast.arg() | ast.AnnAssign():
                read.append(node.annotation)
            case ast.FunctionDef():
                read.append(node.returns)
            case _:
                pass
    return [
        ((one.lineno, one.col_offset), (one.end_lineno or one.lineno, one.end_col_offset or one.col_offset))
        for one in read
        if one is not None
    ]


def _is_union(value: ast.expr | None) -> bool:
    match value:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return all(isinstance(one, ast.Name) or _is_union(one) for one in (left, right))
        case _:
            return False


@cache
def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


@cache
def _operators() -> dict[str, Operator]:
    """Return cosmic-ray's operators, but for those that want to be told names of variables."""
    provider = OperatorProvider()
    return {name: provider[name]() for name in sorted(provider) if not provider[name].arguments()}
