"""A push, field by field: what is said, what could not be said, and what the remote would not hear.

A 400 that names a field must not hold up the others (semantics 5.5): the rest is pushed without that field.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hermes_sync.core.records import Notice, Ref, RemoteKind
from hermes_sync.ports import RemoteRefused
from hermes_sync.remotes.answers import Refused
from hermes_sync.remotes.exchange import BAD_REQUEST, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One field as the remote wants to hear it; `field` is its Hermes name, `key` the remote's."""

    field: str
    key: str
    value: object
    is_custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """A field that is left out of a push, with why."""

    field: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a push: the last answer, and what was left out on the way."""

    answer: Answer
    unsaid: tuple[Unsaid, ...]


def push(
    said: Sequence[Said],
    unsaid: Sequence[Unsaid],
    *,
    needed: str | None,
    send: Callable[[Sequence[Said]], Answer],
) -> Outcome:
    """Push what can be said, without the fields that the remote refuses.

    Raises `RemoteRefused` naming the field when nothing is left, when the refused field is the `needed` one, or,
    without a field, when the refusal names none. Whatever `send` raises besides passes through.
    """
    left_out = list(unsaid)
    while True:
        if not said or (needed is not None and all(one.field != needed for one in said)):
            raise _nothing_left(left_out, needed)
        try:
            return Outcome(answer=send(said), unsaid=tuple(left_out))
        except Refused as refused:
            named = _named(refused, said)
            if not named:
                raise
            left_out += [Unsaid(field=one.field, why=str(refused)) for one in named]
            said = [one for one in said if one not in named]


def _nothing_left(left_out: Sequence[Unsaid], needed: str | None) -> RemoteRefused:
    first = next((one for one in left_out if one.field == needed), left_out[0] if left_out else None)
    if first is None:
        return RemoteRefused("there is nothing to push", status=BAD_REQUEST)
    message = f"{first.field} was refused and nothing can be pushed without it: {first.why}"
    return RemoteRefused(message, status=BAD_REQUEST, field=first.field)


def _named(refused: Refused, said: Sequence[Said]) -> list[Said]:
    if refused.status != BAD_REQUEST:
        return []
    custom = [one for one in said if one.is_custom and _is_word(one.key, refused.reason)]
    # "custom_fields: Unknown key 'title'" speaks of a custom key, not of the title.
    if custom or "custom_fields" in refused.reason:
        return custom
    return [one for one in said if not one.is_custom and _is_subject(one.key, refused.reason)]


def _is_word(key: str, reason: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", reason) is not None


def _is_subject(key: str, reason: str) -> bool:
    """Whether a reason speaks of a root key: quoted, or as a path ("owner_id: …", "emails[0].value …")."""
    name = re.escape(key)
    return re.search(rf"""['"`]{name}['"`]|(?<![\w.]){name}(?=:|\[|\.\w)""", reason) is not None


def notices(kind: RemoteKind, unsaid: Sequence[Unsaid], remote_id: int) -> tuple[Notice, ...]:
    """Return a notice for each field that was left out."""
    ref = str(Ref(kind, remote_id))
    return tuple(
        Notice(code="field-refused", message=f"{ref}: {one.field} was left out: {one.why}", refs=(ref,))
        for one in unsaid
    )
