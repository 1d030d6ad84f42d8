"""The modules, drugs and tests that come with bridge, and those of a user's files."""

from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from bridge.errors import InputError
from bridge.histories.care.model import Drug, Formulary, Laboratory, Module, Test
from bridge.identity import fingerprint
from bridge.yaml_files import load_yaml

MODULES: Final = Path(__file__).parent / "modules"
FORMULARY: Final = Path(__file__).parent / "formulary"
LABORATORY: Final = Path(__file__).parent / "laboratory"

One = TypeVar("One")


@cache
def modules() -> dict[str, Module]:
    """Return bridge's own modules by name."""
    return {path.stem: load_module(path) for path in sorted(MODULES.glob("*.yaml"))}


def load_module(path: Path) -> Module:
    """Return the module in a file; an InputError says what is wrong with it, and where."""
    module = load_yaml(path, Module)
    if module.module != path.stem:
        raise InputError(f"module: is {module.module}, but the file is {path.name}", place=path)
    return module


@cache
def drugs() -> dict[str, Drug]:
    """Return the drugs of the formulary by key."""
    return _joined({p: load_yaml(p, Formulary).drugs for p in sorted(FORMULARY.glob("*.yaml"))})


@cache
def tests() -> dict[str, Test]:
    """Return the tests of the laboratory by key."""
    return _joined({p: load_yaml(p, Laboratory).tests for p in sorted(LABORATORY.glob("*.yaml"))})


def _joined(files: dict[Path, dict[str, One]]) -> dict[str, One]:
    joined: dict[str, One] = {}
    for path, things in files.items():
        for key, thing in things.items():
            if key in joined:
                raise InputError(f"{key} stands in another file of the folder too", place=path)
            joined[key] = thing
    return joined


@cache
def care_digest() -> str:
    """Return what tells this package's content from any other's."""
    content = {
        "modules": {name: module.model_dump(mode="json") for name, module in modules().items()},
        "drugs": {name: drug.model_dump(mode="json") for name, drug in drugs().items()},
        "tests": {name: test.model_dump(mode="json") for name, test in tests().items()},
    }
    return fingerprint(content)[:12]
