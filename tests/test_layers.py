"""The rooms: arrows point down only, and what is heavy stays out of the way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "bridge"

MAY_USE = {
    "chart": set(),
    "histories": {
        "atomic_write",
        "bounded_lines",
        "chart",
        "errors",
        "flows",
        "formula_guard",
        "identity",
        "opening",
        "patient_arrays",
        "tables",
        "yaml_files",
    },
    "errors": set(),
    "opening": {"errors"},
    "formula_guard": set(),
    "atomic_write": {"errors"},
    "wording": set(),
    "bounded_lines": set(),
    "identity": set(),
    "pages": set(),
    "names": set(),
    "unit_words": set(),
    "age_limits": set(),
    "codes": {"identity"},
    "patient_arrays": {"chart"},
    "yaml_files": {"errors"},
    "settings": {"errors", "yaml_files"},
    "sites": {"errors", "yaml_files", "settings"},
    "tables": {"bounded_lines", "errors", "unit_words"},
    "flows": {"errors", "patient_arrays", "tables", "yaml_files"},
    "synthesis": {
        "age_limits",
        "bounded_lines",
        "flows",
        "chart",
        "histories",
        "patient_arrays",
        "errors",
        "identity",
        "names",
        "tables",
        "yaml_files",
    },
    "mapping": {"age_limits", "chart", "errors", "codes", "unit_words", "yaml_files"},
    # whole charts are written from the columns that they are made as
    "files": {
        "atomic_write",
        "bounded_lines",
        "chart",
        "codes",
        "errors",
        "formula_guard",
        "histories",
        "identity",
        "mapping",
        "names",
        "opening",
        "patient_arrays",
        "synthesis",
        "unit_words",
    },
    "content": {"codes", "errors", "mapping"},
    # the rules of coherence are apart from histories and synthesis, which they judge
    "quality": {
        "chart",
        "codes",
        "errors",
        "flows",
        "histories",
        "mapping",
        "pages",
        "tables",
        "yaml_files",
    },
    "openmrs": {"age_limits", "errors", "wording"},
    "scenarios": {
        "bounded_lines",
        "chart",
        "codes",
        "content",
        "errors",
        "identity",
        "mapping",
        "names",
        "pages",
        "quality",
        "synthesis",
        "yaml_files",
    },
    "recipe": {"age_limits", "chart", "errors", "files", "mapping", "scenarios", "synthesis"},
    "delivery": {
        "age_limits",
        "unit_words",
        "chart",
        "content",
        "errors",
        "codes",
        "identity",
        "mapping",
        "openmrs",
        "recipe",
        "pages",
        "yaml_files",
        "wording",
    },
    "clinic": {"chart", "histories", "wording"},
    "runs": {
        "age_limits",
        "chart",
        "clinic",
        "content",
        "delivery",
        "errors",
        "files",
        "identity",
        "mapping",
        "openmrs",
        "recipe",
        "sandbox",
        "scenarios",
        "sites",
        "synthesis",
        "wording",
    },
    "library": {"chart", "errors", "mapping", "openmrs", "runs", "settings"},
    # judged by the real server's answers, not by our client
    "sandbox": {"errors", "identity"},
}


def _rooms_used(path: Path) -> set[str]:
    used = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "bridge":
                names = [f"bridge.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        used |= {name.split(".")[1] for name in names if name.startswith("bridge.")}
    return used - {"__version__"}


@pytest.mark.parametrize("room", sorted(MAY_USE))
def test_a_room_uses_only_the_rooms_below_it(room: str) -> None:
    """Otherwise there is a way back up, and no part can be used or tested alone."""
    place = PACKAGE / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [PACKAGE / f"{room}.py"]
    assert files
    for path in files:
        assert _rooms_used(path) - {room} <= MAY_USE[room], path


def test_every_room_has_a_rule() -> None:
    """A new room states what it stands on."""
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()
    }
    assert rooms - {"__init__", "__main__", "cli"} == MAY_USE.keys()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("bridge.synthesis.cohort", ("torch", "nflows", "pandas", "scipy", "faker", "pyarrow")),
        ("bridge.cli.generate", ("torch", "pandas", "fhir", "pyarrow", "dask", "numpy")),
        ("bridge.flows.private", ("torch", "nflows", "opacus")),
        ("bridge.histories.care.laboratory", ("torch", "nflows", "pandas", "scipy", "pyarrow")),
        ("bridge.histories.care.figures.laboratory", ("torch", "pandas", "scipy", "pyarrow")),
        ("bridge.cli.load", ("torch", "pandas", "fhir", "pyarrow", "flask", "numpy", "jinja2")),
        ("bridge.cli.load", ("pint", "ucumvert", "lark")),
        ("bridge", ("requests", "numpy", "flask", "rich", "pydantic", "click", "bridge.library")),
        ("bridge.__main__", ("requests", "numpy", "flask", "rich", "pydantic")),
    ],
)
def test_what_is_heavy_is_not_imported(module: str, absent: tuple[str, ...]) -> None:
    """A load must start within a second, and the base installation has no torch."""
    code = f"import sys, {module}; print([name for name in {absent} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
