"""YAML text to checked models: a fault names the file, the line, the key and what was expected."""

import difflib
import types
import typing
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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
        walked = list(islice(_places(node, (), place), MOST_NODES + 1)) if node else []
        if len(walked) > MOST_NODES:
            raise InputError("says too much: its aliases unfold to a mountain", place=place)
        places = dict(walked)
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
        read = model.model_validate(data)
    except ValidationError as error:
        raise _fault(error, model, places, place) from error
    _refuse_other_words(read, places, place)
    return read


def line_of(text: str, path: Path_) -> int:
    """Return the line (from 1) of a key or item of YAML that parses, or of what it would be in."""
    node = _Loader(text).get_single_node()
    places = dict(islice(_places(node, (), ""), MOST_NODES)) if node else {}
    while path and path not in places:
        path = path[:-1]
    return places[path].line if path in places else 1


class _Place(NamedTuple):
    """Where a key or an item stands (line from 1), and what is written there."""

    line: int
    written: yaml.ScalarNode | None
    """None: a list, or keys with values."""


def _places(node: yaml.Node, path: Path_, place: str) -> Iterator[tuple[Path_, _Place]]:
    """Yield where each key or item of `node` starts."""
    scalar = node if isinstance(node, yaml.ScalarNode) else None
    yield path, _Place(node.start_mark.line + 1, scalar)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError("a key is plain text, no list or braces", place=f"{place}:{line}")
            if key.value in seen:
                raise InputError(f"the key {key.value!r} stands twice", place=f"{place}:{line}")
            seen.add(key.value)
            yield from _places(value, (*path, key.value), place)
            scalar = value if isinstance(value, yaml.ScalarNode) else None
            yield (*path, key.value), _Place(line, scalar)
    elif scalar and scalar.tag.endswith((":int", ":float")):
        if len(scalar.value) > LONGEST_NUMBER:
            line = node.start_mark.line + 1
            raise InputError("a number is too long", place=f"{place}:{line}")
        if ":" in scalar.value:  # nobody means 9:00 as nine sixties
            line = node.start_mark.line + 1
            raise InputError(_in_quotes(scalar), place=f"{place}:{line}")
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _places(item, (*path, index), place)


_TAKEN_FOR = {
    "bool": "yes or no (true or false)",
    "null": "no value at all",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
}
"""What YAML reads in a word without quotes, by the end of the tag it gives it."""


def _in_quotes(written: yaml.ScalarNode) -> str:
    """Say what YAML has made of a word, and how it stays a word."""
    what = _TAKEN_FOR[written.tag.rpartition(":")[2]]
    return f'YAML reads {written.value} as {what}: put it in quotes: "{written.value}"'


def _is_taken(written: yaml.ScalarNode | None) -> bool:
    """Tell whether something is written that YAML takes for no text; nothing at all is not."""
    return bool(written and written.value and written.tag.rpartition(":")[2] in _TAKEN_FOR)


def _refuse_other_words(read: BaseModel, places: dict[Path_, _Place], place: str) -> None:
    """Refuse a number that has become another text than was written: 0123 is 83, 1.10 is 1.1."""
    for path, (line, written) in places.items():
        if written and written.tag.endswith((":int", ":float")):
            text = _at(read, path)
            if isinstance(text, str) and text != written.value:
                key = ".".join(str(part) for part in path)
                raise InputError(f"{key}: {_in_quotes(written)}", place=f"{place}:{line}")


def _at(read: Any, path: Path_) -> Any:
    """Return what stands at a path of a model, by the names that its file has; None: nothing."""
    for part in path:
        if isinstance(read, BaseModel):
            fields = type(read).model_fields.items()
            names = {field.alias or name: name for name, field in fields}
            read = getattr(read, names.get(str(part), ""), None)
        elif isinstance(read, dict):
            read = read.get(part)
        elif isinstance(read, list | tuple) and isinstance(part, int) and part < len(read):
            read = read[part]
        else:
            return None
    return read


def _fault(
    error: ValidationError, model: type[BaseModel], places: dict[Path_, _Place], place: str
) -> InputError:
    faults = error.errors(include_url=False)
    # A misspelt key is also a missing one: name the cause, not the effect. Of what may be a list or
    # have keys, the deepest fault is the cause.
    fault = next(
        (fault for fault in faults if fault["type"] == "extra_forbidden"),
        max(faults, key=lambda fault: len(_path(fault, places))),
    )
    path = known = _path(fault, places)
    while known not in places and known:
        known = known[:-1]
    key = ".".join(str(part) for part in path)
    line, written = places.get(known, _Place(1, None))
    wording = _wording(fault, path, model)
    if fault["type"] in _OF_TEXT and path == known and written and _is_taken(written):
        wording = _in_quotes(written)
    return InputError(f"{key}: {wording}" if key else wording, place=f"{place}:{line}")


_OF_TEXT = ("string_type", "literal_error", "enum")


def _path(fault: Any, places: dict[Path_, _Place]) -> Path_:
    """Return where a fault is, without pydantic's names for the kinds that a value may be of."""
    *within, last = fault["loc"] or ("",)
    path: Path_ = ()
    for part in within:
        path = (*path, part) if (*path, part) in places else path
    wanted = fault["type"] in ("missing", "extra_forbidden") or (*path, last) in places
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
