"""The modules, drugs and tests that come with bridge, and those of a user's files.

They are written in YAML, which takes seconds to read and check. `compiled.json` holds the same,
checked; where it is not of these very files (somebody edits them), the YAML is read.
`python -m bridge.histories.care.package` writes it anew.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.histories.care.model import Drug, Formulary, Laboratory, Module, StandingOrders, Test
from bridge.identity import fingerprint
from bridge.yaml_files import YamlModel, load_yaml

FOLDER: Final = Path(__file__).parent
MODULES: Final = FOLDER / "modules"
FORMULARY: Final = FOLDER / "formulary"
LABORATORY: Final = FOLDER / "laboratory"
STANDING_ORDERS: Final = FOLDER / "standing_orders.yaml"
COMPILED: Final = FOLDER / "compiled.json"

One = TypeVar("One")


class Compiled(YamlModel):
    """All of the package, and what tells of which files it is."""

    files: str
    care: str
    modules: dict[str, Module]
    drugs: dict[str, Drug]
    tests: dict[str, Test]
    standing_orders: StandingOrders


@cache
def modules() -> dict[str, Module]:
    """Return bridge's own modules by name."""
    return _package().modules


@cache
def drugs() -> dict[str, Drug]:
    """Return the drugs of the formulary by key."""
    return _package().drugs


@cache
def tests() -> dict[str, Test]:
    """Return the tests of the laboratory by key."""
    return _package().tests


@cache
def standing_orders() -> StandingOrders:
    """Return what is done at every acute visit."""
    return _package().standing_orders


@cache
def care_digest() -> str:
    """Return what tells this package's content from any other's."""
    return _package().care


def load_module(path: Path) -> Module:
    """Return the module in a file; an InputError says what is wrong with it, and where."""
    module = load_yaml(path, Module)
    if module.module != path.stem:
        raise InputError(f"module: is {module.module}, but the file is {path.name}", place=path)
    return module


@cache
def _package() -> Compiled:
    try:
        compiled = Compiled.model_validate_json(COMPILED.read_bytes())
    except (OSError, ValidationError):
        return read_package()
    return compiled if compiled.files == _digest() else read_package()


def read_package() -> Compiled:
    """Return the package as its YAML files say."""
    read = {path.stem: load_module(path) for path in _files(MODULES)}
    formulary = _joined({p: load_yaml(p, Formulary).drugs for p in _files(FORMULARY)})
    laboratory = _joined({p: load_yaml(p, Laboratory).tests for p in _files(LABORATORY)})
    plain = Compiled(
        files="",
        care="",
        modules=read,
        drugs=formulary,
        tests=laboratory,
        standing_orders=load_yaml(STANDING_ORDERS, StandingOrders),
    )
    care = fingerprint(plain.model_dump(mode="json"))[:12]
    return plain.model_copy(update={"files": _digest(), "care": care})


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _digest() -> str:
    found = hashlib.sha256()
    folders = (*_files(MODULES), *_files(FORMULARY), *_files(LABORATORY))
    for path in (*folders, STANDING_ORDERS):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _joined(files: dict[Path, dict[str, One]]) -> dict[str, One]:
    joined: dict[str, One] = {}
    for path, things in files.items():
        for key, thing in things.items():
            if key in joined:
                raise InputError(f"{key} stands in another file of the folder too", place=path)
            joined[key] = thing
    return joined


if __name__ == "__main__":
    COMPILED.write_text(
        read_package().model_dump_json(exclude_defaults=True) + "\n", encoding="utf-8"
    )
