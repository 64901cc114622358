"""Texts that people send, made legible: what cannot be seen is dropped, what steers a terminal is refused.

Letters, marks, spaces and signs stay as they were typed (semantics 7). What a page or a word processor puts between
them and nobody sees (zero-width spaces, byte order marks, soft hyphens, and the bidirectional marks and overrides
that show a name as another one) is left out everywhere, without a word: it is pasted by accident and would keep a
caller from being recognised by name. Joiners stay inside a text, because Persian, Hindi and emoji are spelt with
them. A text of which nothing is left to see is empty. Control characters and line breaks are refused.
"""

import unicodedata
from typing import Final

_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories that no text of one line has: controls, halves of characters, breaks of lines and paragraphs."""
_JOINERS: Final = "\u200c\u200d"
_BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs by category, of which nothing is to be seen: fillers of Hangul, the empty pattern of Braille."""


def legible(said: str) -> str:
    """Return a text without what cannot be seen in it, and without space around it; empty when nothing is left.

    Raises `ValueError` for control characters and line breaks.
    """
    categories = [unicodedata.category(one) for one in said]
    if not _CONTROLS.isdisjoint(categories):
        raise ValueError("must not have control characters")
    kept = "".join(one for one, of in zip(said, categories, strict=True) if of != "Cf" or one in _JOINERS)
    return _trimmed(kept) if any(map(_is_seen, kept)) else ""


def _trimmed(said: str) -> str:
    """Return a text without spaces and joiners around it, however they alternate."""
    while (shorter := said.strip().strip(_JOINERS)) != said:
        said = shorter
    return said


def _is_seen(one: str) -> bool:
    """Whether a character by itself leaves something to be seen: a letter, a digit, a sign, but no mark or space."""
    return one not in _BLANKS and one not in _JOINERS and unicodedata.category(one)[0] not in "MZ"
