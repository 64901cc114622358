"""The action table as code: a row is a function with ids, and `rule` makes it one (design 3).

The rows themselves are in `rules`; the fold asks those of a trigger in their order. A `Rule` knows its row ids and its
sentence, so that whatever it asks for can be told with the reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from hermes_sync.core.actions import Action
from hermes_sync.core.changes import Trigger
from hermes_sync.core.world import World

RowFunction: TypeAlias = Callable[[Any, World], Iterator[Action]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A function of the action table with the ids of the rows that it is."""

    ids: tuple[str, ...]
    function: RowFunction

    def id_under(self, trigger: Trigger) -> str:
        """Return the id of the row that this rule is under a trigger."""
        return next(id_ for id_ in self.ids if id_.startswith((f"{trigger}/", "extra/")))

    @property
    def sentence(self) -> str:
        """What the table says this row does."""
        return " ".join((self.function.__doc__ or "").partition("\n\n")[0].split())


ActionTable: TypeAlias = Mapping[Trigger, Sequence[Rule]]


def rule(*ids: str) -> Callable[[RowFunction], Rule]:
    """Mark a function as these rows of the action table; the docstring is the table's own sentence."""
    return lambda function: Rule(ids, function)


MERGE_RULE: Final = "extra/pd.merge"
"""The row of what a merge in Pipedrive does; a merge is not a deletion (semantics 5.6)."""

UNKNOWN_ORG_RULE: Final = "extra/pd.unknown-org"
"""Leads the rows of an Org that was read because a Deal or Person named it."""
