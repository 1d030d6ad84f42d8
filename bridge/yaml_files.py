"""YAML text to checked models: a fault names the file, the line, the key and what was expected."""

import difflib
import types
import typing
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.errors import InputError

Path_ = tuple[str | int, ...]
Model = TypeVar("Model", bound="YamlModel")

# libyaml's parser is ten times as fast; it is missing from some builds of PyYAML.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


MOST_CHARACTERS = 2_000_000
MOST_NODES = 200_000
LONGEST_NUMBER = 100
"""A number in sixties (1:30:00) as long as a file would keep the reader busy for minutes."""


class YamlModel(BaseModel):
    """What a YAML file may say: frozen, and no key too many."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=True, allow_inf_nan=False
    )


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read the file at `path` as a `model`; raise InputError with the place of the first fault."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", place=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"has more than {MOST_CHARACTERS:,} characters", place=path)
    return parse_yaml(text, model, place=str(path))


def parse_yaml(text: str, model: type[Model], *, place: str) -> Model:
    """Check `text` against `model`; `place` is the name that errors give to the text."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        walked = list(islice(_lines(node, (), place), MOST_NODES + 1)) if node else []
        if len(walked) > MOST_NODES:
            raise InputError("says too much: its aliases unfold to a mountain", place=place)
        lines = dict(walked)
        data = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(f"is not YAML: {error.problem}", place=f"{place}:{line}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = str(error).partition("\n")[0]
        raise InputError(f"is not YAML: {why}", place=place) from error
    except (LookupError, AttributeError, TypeError) as error:
        raise InputError("is not YAML: a value is not what its !!tag says", place=place) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _fault(error, model, lines, place) from error


def _lines(node: yaml.Node, path: Path_, place: str) -> Iterator[tuple[Path_, int]]:
    """Yield the line (from 1) at which each key or item of `node` starts."""
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError("a key is plain text, no list or braces", place=f"{place}:{line}")
            if key.value in seen:
                raise InputError(f"the key {key.value!r} stands twice", place=f"{place}:{line}")
            seen.add(key.value)
            yield from _lines(value, (*path, key.value), place)
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.ScalarNode):
        if len(node.value) > LONGEST_NUMBER and node.tag.endswith((":int", ":float")):
            line = node.start_mark.line + 1
            raise InputError("a number is too long", place=f"{place}:{line}")
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index), place)


def _fault(
    error: ValidationError, model: type[BaseModel], lines: dict[Path_, int], place: str
) -> InputError:
    faults = error.errors(include_url=False)
    # A misspelt key is also a missing one: name the cause, not the effect. Of what may be a list or
    # have keys, the deepest fault is the cause.
    fault = next(
        (fault for fault in faults if fault["type"] == "extra_forbidden"),
        max(faults, key=lambda fault: len(_path(fault, lines))),
    )
    path = known = _path(fault, lines)
    while known not in lines and known:
        known = known[:-1]
    key = ".".join(str(part) for part in path)
    message = f"{key}: {_wording(fault, path, model)}" if key else _wording(fault, path, model)
    return InputError(message, place=f"{place}:{lines.get(known, 1)}")


def _path(fault: Any, lines: dict[Path_, int]) -> Path_:
    """Return where a fault is, without pydantic's names for the kinds that a value may be of."""
    *within, last = fault["loc"] or ("",)
    path: Path_ = ()
    for part in within:
        path = (*path, part) if (*path, part) in lines else path
    wanted = fault["type"] in ("missing", "extra_forbidden") or (*path, last) in lines
    return (*path, last) if wanted else path


def _wording(fault: Any, path: Path_, model: type[BaseModel]) -> str:
    if fault["type"] == "extra_forbidden":
        names = _keys_at(model, path[:-1])
        return f"unknown key{nearest(str(path[-1]), names)}; known are {', '.join(names)}"
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] in ("model_type", "dict_type"):
        return "keys with values are expected here"
    message = str(fault["msg"]).removeprefix("Value error, ")
    given = fault["input"]
    if isinstance(given, str | int | float | bool):
        return f"{message} (found {given!r})"
    return message


def _keys_at(model: type[BaseModel], path: Path_) -> list[str]:
    """List the keys that `model` allows at `path`."""
    kind: Any = model
    for part in path:
        inner = _fields(kind)[str(part)] if _is_model(kind) else _item(kind)
        kind = _item(inner) if typing.get_origin(inner) in _UNIONS else inner
    return list(_fields(kind)) if _is_model(kind) else []


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return what each key of a model holds, by the name it has in the file."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


_UNIONS = (types.UnionType, typing.Union)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _item(kind: Any) -> Any:
    """Return what dict[str, X] or list[X] holds, or the X of X | None."""
    kinds = [kind for kind in typing.get_args(kind) if kind not in (type(None), Ellipsis)]
    if typing.get_origin(kind) in _UNIONS:
        return kinds[0]
    return kinds[-1] if kinds else None


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """Return ", did you mean 'x'?" for the known word nearest to `word`, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f", did you mean {near[0]!r}?" if near else ""
