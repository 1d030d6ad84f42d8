"""The scenarios that come with bridge, and those of a user's own files."""

from pathlib import Path
from typing import NamedTuple

from bridge.errors import InputError
from bridge.identity import fingerprint
from bridge.scenarios.scenario import Scenario
from bridge.yaml_files import load_yaml, nearest

FOLDER = Path(__file__).parent / "cases"


class Case(NamedTuple):
    """A scenario with its name: of the catalogue, or the file's without its ending."""

    name: str
    scenario: Scenario

    @property
    def digest(self) -> str:
        """What tells the scenario from any other, and from itself once it was changed."""
        said = self.scenario.model_dump(mode="json", exclude_none=True)
        return fingerprint({"scenario": said})[:12]


def scenario_names() -> list[str]:
    """List the scenarios that come with bridge, by their marks."""
    return [case.name for case in all_cases()]


def all_cases() -> list[Case]:
    """Return the scenarios that come with bridge, by their marks."""
    cases = [Case(path.stem, load_yaml(path, Scenario)) for path in FOLDER.glob("*.yaml")]
    return sorted(cases, key=lambda case: case.scenario.mark)


def scenario_path(name: str) -> Path:
    """Return the file of a scenario: a name that comes with bridge, or a path.

    Raises InputError with the nearest name where it is neither.
    """
    known = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    if name in known:
        return FOLDER / f"{name}.yaml"
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1 or path.exists():
        return path
    raise InputError(
        f"unknown scenario {name!r}{nearest(name, known)}; `bridge scenario list` shows those "
        "that come with bridge, and a file of your own is named like ./my-case.yaml"
    )


def lasting_name(name: str) -> str:
    """Return what a scenario is found again by: its name, or the whole path of its file."""
    path = scenario_path(name)
    return path.stem if path.parent == FOLDER else str(path.absolute())


def load_case(name: str) -> Case:
    """Load a scenario by name or path; raise InputError with the place of the first fault."""
    path = scenario_path(name)
    return Case(path.stem, load_yaml(path, Scenario))


def load_cases(names: tuple[str, ...]) -> tuple[Case, ...]:
    """Load several scenarios, each once, with a mark that no other has; raise InputError."""
    cases = tuple(load_case(name) for name in names)
    marks: dict[str, str] = {}
    for case in cases:
        other = marks.setdefault(case.scenario.mark, case.name)
        if other != case.name:
            raise InputError(f"{case.name} and {other} have one mark, {case.scenario.mark}")
    if len(marks) < len(cases):
        raise InputError(f"a scenario is named twice: {', '.join(case.name for case in cases)}")
    return cases
