"""What is wrong with a config, in sentences: the file (or variable), the key, what it is, what would be right.

No value of a secret, nor of a key that nobody knows (it may be a misspelt secret), is ever shown.
"""

import difflib
import json
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from hermes_sync.ports import ConfigError

PREFIX: Final = "HERMES_"
DELIMITER: Final = "__"

_EXPECTED: Final = {
    "int_type": "a whole number, without quotes",
    "int_from_float": "a whole number",
    "float_type": "a number, without quotes",
    "bool_type": "true or false, without quotes",
    "string_type": "a text in quotes",
    "string_too_short": "a text that is not empty",
    "tuple_type": "a list",
    "model_type": "a section",
    "model_attributes_type": "a section",
    "dict_type": "a section",
    "finite_number": "a finite number",
}
_URL_KEYS: Final = frozenset({"url", "base_url"})

Model = type[BaseModel]


def is_bare(annotation: object) -> bool:
    """Whether TOML writes such a value without quotes: a number or a boolean, possibly left out."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        return all(one is type(None) or is_bare(one) for one in get_args(annotation))
    return annotation in (int, float, bool)


def variable_of(key: str) -> str:
    """Return the environment variable that overrides a dotted key."""
    return PREFIX + key.replace(".", DELIMITER).upper()


def password_in(url: str) -> str:
    """Return the password in a database URL, as written there; empty when there is none."""
    address = url.partition("://")[2].partition("/")[0]
    return address.rpartition("@")[0].partition(":")[2]


def message(
    error: ValidationError, file: Path, content: Mapping[str, Any], root: Model, environment: Mapping[str, str]
) -> str:
    """Return one message for everything that is wrong with a config."""
    given = {name.upper() for name in environment}
    found = error.errors(include_url=False)
    lines = list(dict.fromkeys(_line(one, file, content, root, given) for one in found))
    return lines[0] if len(lines) == 1 else f"{len(lines)} things are wrong:\n" + "\n".join(f"  {x}" for x in lines)


def raise_for_unknown_variables(environment: Mapping[str, str], root: Model) -> None:
    """Raise `ConfigError` for a variable that looks like ours and overrides nothing."""
    for name in sorted(environment):
        upper = name.upper()
        section = upper.removeprefix(PREFIX).lower() if upper.startswith(PREFIX) else ""
        inside = next((key for key, _ in _leaves(root) if key.startswith(f"{section}.")), None) if section else None
        if inside is not None and not _is_object(environment[name]):
            such_as = variable_of(inside)
            raise ConfigError(f"environment: {name} names a whole section; give one key at a time, such as {such_as}")
        if not upper.startswith(PREFIX) or DELIMITER not in upper:
            continue
        path = upper.removeprefix(PREFIX).lower().split(DELIMITER)
        if not _leads_somewhere(path, root):
            known = [variable_of(key) for key, _ in _leaves(root)]
            raise ConfigError(f"environment: {name} overrides no key; {_near(upper, known)}")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def raise_for_unreadable_variables(environment: Mapping[str, str], root: Model) -> None:
    """Raise `ConfigError` for a variable that should hold a list and is no JSON."""
    values = {name.upper(): value for name, value in environment.items()}
    for key, annotation in _leaves(root):
        value = values.get(variable_of(key))
        if value is None or get_origin(annotation) is not tuple:
            continue
        try:
            json.loads(value)
        except ValueError:
            raise ConfigError(
                f'environment {variable_of(key)}: {key} must be a list written as JSON, such as ["…", "…"]'
            ) from None


def _leaves(model: Model, before: str = "") -> Iterator[tuple[str, object]]:
    """Yield every dotted key with its type; a list of sections is one key."""
    for name, field in model.model_fields.items():
        dotted = f"{before}{name}"
        section = None if get_origin(field.annotation) is tuple else section_of(field.annotation)
        if section is None:
            yield dotted, field.annotation
        else:
            yield from _leaves(section, f"{dotted}.")


def _leads_somewhere(path: list[str], model: Model) -> bool:
    field = model.model_fields.get(path[0])
    if field is None:
        return False
    if len(path) == 1:
        return True
    section = section_of(field.annotation)
    return section is not None and _leads_somewhere(path[1:], section)


def _line(one: ErrorDetails, file: Path, content: Mapping[str, Any], root: Model, given: set[str]) -> str:
    steps = list(one["loc"])
    key = ".".join(str(step) for step in steps if not isinstance(step, int))
    if key == "pipedrive" and one["type"] == "missing":
        key = "pipedrive.base_url"  # the one key that has no default
    entry = next((f" (entry {step + 1})" for step in steps if isinstance(step, int)), "")
    # A value that a variable gave is wrong there, not in the file.
    source = f"environment {variable_of(key)}" if variable_of(key) in given else str(file)
    model, parents = _parent(steps, root)
    kind = one["type"]
    if kind == "extra_forbidden":
        word = "section" if len(steps) == 1 and isinstance(_at(content, steps), dict | list) else "key"
        dotted = [".".join((*parents, name)) for name in model.model_fields]
        return f"{source}: {key}{entry} is not a known {word}; {_near(key, dotted)}"
    if kind == "missing":
        return f"{source}: {key}{entry} is missing; {_how_to_give(key, steps)}"
    if kind == "value_error":
        said = str(one["ctx"]["error"])
        shown = _shown(one, steps, model) if said.startswith("must") else ""
        return f"{source}: {key}{entry} {shown}{said}"
    return f"{source}: {key}{entry} {_shown(one, steps, model)}must be {_wanted(one)}"


def _how_to_give(key: str, steps: list[str | int]) -> str:
    if key == "pipedrive.base_url":
        return 'give the address of the account: base_url = "https://acme.pipedrive.com" under [pipedrive]'
    if any(isinstance(step, int) for step in steps):
        return f"every [[{steps[0]}]] entry needs it"
    return f"give it there or in the environment as {variable_of(key)}"


def _wanted(one: ErrorDetails) -> str:
    context: Mapping[str, Any] = one.get("ctx", {})
    match one["type"]:
        case "greater_than_equal":
            return f"{_plain(context['ge'])} or more"
        case "less_than_equal":
            return f"{_plain(context['le'])} or less"
        case "literal_error":
            return f"one of {context['expected']}"
        case kind:
            return _EXPECTED.get(kind, one["msg"])


def _plain(limit: float) -> str:
    """Write a limit as people do: pydantic says `100.0` of a percentage."""
    return str(int(limit)) if limit == int(limit) else str(limit)


def _shown(one: ErrorDetails, steps: list[str | int], model: Model) -> str:
    """Say what the value is, unless it is long, no plain value, or a secret."""
    value = one["input"]
    names = [step for step in steps if isinstance(step, str)]
    field = model.model_fields.get(names[-1]) if names else None
    secret = field is not None and (field.annotation is SecretStr or names[-1] in _URL_KEYS)
    if secret or field is None or not isinstance(value, str | int | float):
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return f"is {text} and " if len(text) <= _SHOWN else ""


_SHOWN: Final = 60


def _near(name: str, known: list[str]) -> str:
    """Say which known name was probably meant, or which there are."""
    last = {one.rpartition(".")[2]: one for one in known}
    close = difflib.get_close_matches(name, known, 1, 0.75) or [
        last[found] for found in difflib.get_close_matches(name.rpartition(".")[2], list(last), 1, 0.6)
    ]
    if close:
        return f"did you mean {close[0]}?"
    return "the example config.toml lists every key" if len(known) > _LISTED else f"known are {', '.join(known)}"


_LISTED: Final = 20


def _parent(steps: list[str | int], root: Model) -> tuple[Model, list[str]]:
    """Return the section that a place of an error lies in, and the names that lead there."""
    model, names = root, []
    for step in steps[:-1]:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        section = None if field is None else section_of(field.annotation)
        if section is None:
            break
        model = section
        names.append(step)
    return model, names


def section_of(annotation: object) -> Model | None:
    """Return the section that a type is, holds a list of, or may be left out of."""
    if _is_model(annotation):
        return annotation  # type: ignore[return-value]  # just asked
    return next((found for one in get_args(annotation) if (found := section_of(one)) is not None), None)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _at(content: Mapping[str, Any], steps: list[str | int]) -> object:
    return content.get(str(steps[0])) if steps else None
