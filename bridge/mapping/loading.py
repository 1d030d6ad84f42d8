"""Mapping files: the user's, or the one that comes with bridge."""

from pathlib import Path

from bridge.mapping.model import Mapping
from bridge.yaml_files import load_yaml, parse_yaml

_INSTALLED = Path(__file__).parent / "defaults"
_CHECKOUT = Path(__file__).parents[2] / "mappings"


def load_mapping(path: Path | None) -> Mapping:
    """Load the mapping at `path`, or bridge's own when it is None; raise InputError on a fault."""
    return load_yaml(path or default_mapping_path(), Mapping)


def parse_mapping(text: str, *, place: str = "mapping") -> Mapping:
    """Check the text of a mapping file; raise InputError with the place of the first fault."""
    return parse_yaml(text, Mapping, place=place)


def default_mapping_path() -> Path:
    """Return where bridge's own mapping stands: installed beside this file, or in a checkout."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return folder / "openmrs.yaml"
