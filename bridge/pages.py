"""HTML pages from templates: escaped, and a word that the template lacks is an error."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates_of(package: str, filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """Return the templates in a package's folder `templates`, with the filters that they use."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= filters
    return environment
