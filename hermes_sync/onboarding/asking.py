"""Who is asked while a config is made: a person at a terminal, or nobody."""

from collections.abc import Sequence
from typing import Protocol

from hermes_sync.ports import ConfigError


class Asker(Protocol):
    """What answers questions and is told things; every question may raise `ConfigError` when nobody can answer."""

    @property
    def is_person(self) -> bool:
        """Whether somebody is there."""
        ...

    def say(self, line: str) -> None:
        """Tell what is going on."""
        ...

    def show(self, line: str) -> None:
        """Print a line of the result."""
        ...

    def text(self, question: str, *, default: str | None, otherwise: str) -> str:
        """Return a line of text; `otherwise` names what gives the answer when nobody is there."""
        ...

    def secret(self, question: str, *, otherwise: str) -> str:
        """Return a secret that was typed unseen."""
        ...

    def yes(self, question: str, *, default: bool) -> bool:
        """Return whether the answer is yes; the default when nobody is there."""
        ...

    def choice(self, question: str, options: Sequence[str]) -> int | None:
        """Return the place of the option that was chosen; None for none of them, and when nobody is there."""
        ...


class Nobody:
    """Answers with defaults, so that a script never hangs; what has none must come from elsewhere."""

    is_person = False

    def __init__(self, told: Asker) -> None:
        self._told = told

    def say(self, line: str) -> None:
        """Tell what is going on."""
        self._told.say(line)

    def show(self, line: str) -> None:
        """Print a line of the result."""
        self._told.show(line)

    def text(self, question: str, *, default: str | None, otherwise: str) -> str:
        """Return the default."""
        if default is None:
            raise ConfigError(f"nobody is there to answer {question!r}: give {otherwise}")
        return default

    def secret(self, question: str, *, otherwise: str) -> str:
        """Refuse: a secret has no default."""
        raise ConfigError(f"nobody is there to answer {question!r}: give {otherwise}")

    def yes(self, question: str, *, default: bool) -> bool:  # noqa: ARG002  # the question is for people
        """Return the default."""
        return default

    def choice(self, question: str, options: Sequence[str]) -> int | None:  # noqa: ARG002  # as above
        """Choose nothing."""
        return None
