"""The sites file: servers to load at once, each with a way to sign in and patients of its own.

A password has no place here: each site names a file, or a variable of the environment.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from bridge.errors import InputError
from bridge.settings import base_address, without_password
from bridge.yaml_files import YamlModel, load_yaml

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Text = Annotated[str, StringConstraints(min_length=1)]

_PORTS = {"http": 80, "https": 443}


class Site(YamlModel):
    """One server, who signs in there, and what of the load's flags is other for it."""

    name: Name
    url: str
    user: Text
    password_file: Text | None = None
    password_env: Text | None = None
    ca_file: Text | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] | None = None
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)] | None = None
    population: Text | None = None
    profile: Text | None = None
    mapping_file: Text | None = Field(default=None, alias="mapping")

    @model_validator(mode="before")
    @classmethod
    def _no_password(cls, keys: object) -> object:
        return without_password(keys, "password_env")

    @model_validator(mode="after")
    def _one_password(self) -> "Site":
        if (self.password_file is None) == (self.password_env is None):
            raise ValueError(
                "name one of password_file (a file whose first line is the password) and "
                "password_env (a variable of the environment that holds it)"
            )
        return self

    @field_validator("name")
    @classmethod
    def _printable(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("a name is of characters that can be seen")
        return name

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if "@" in url:  # a complaint shows what it is about, and this may hold a password
            raise _fault((), "give who signs in as user, not in the address")
        return base_address(url)


class SitesFile(YamlModel):
    """The sites of one load."""

    sites: tuple[Site, ...]

    @field_validator("sites")
    @classmethod
    def _each_once(cls, sites: tuple[Site, ...]) -> tuple[Site, ...]:
        if not sites:
            raise ValueError("name at least one site")
        names: set[str] = set()
        servers: dict[str, str] = {}
        for place, site in enumerate(sites):
            if site.name.casefold() in names:
                raise _fault((place, "name"), f"another site is called {site.name!r}, too")
            server = _server(site.url)
            if server in servers:
                raise _fault((place, "url"), f"site {servers[server]!r} has this url, too")
            names.add(site.name.casefold())
            servers[server] = site.name
        return sites


def load_sites(path: Path) -> tuple[Site, ...]:
    """Read a sites file; its paths are relative to it. Raise InputError at a fault."""
    folder = path.absolute().parent
    return tuple(_placed(site, folder) for site in load_yaml(path, SitesFile).sites)


def site_seed(seed: int, name: str) -> int:
    """Return the seed of one site: it follows from the load's seed and the name, nothing else."""
    digest = hashlib.sha256(f"bridge site/{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _placed(site: Site, folder: Path) -> Site:
    files = {
        key: str(_within(folder, path))
        for key in ("password_file", "ca_file", "mapping_file")
        if (path := getattr(site, key)) is not None
    }
    # A population is a name that comes with bridge, or a file.
    if site.population and (Path(site.population).suffix or len(Path(site.population).parts) > 1):
        files["population"] = str(_within(folder, site.population))
    return site.model_copy(update=files)


def _within(folder: Path, path: str) -> Path:
    try:
        return folder / Path(path).expanduser()
    except RuntimeError as error:  # there is no such home
        raise InputError(f"{error}", place=path) from error


def _server(url: str) -> str:
    """Return what tells whether two addresses are one server's."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}{parts.path}"


def _fault(place: Iterable[int | str], message: str) -> ValidationError:
    """Return a fault that shows nothing of what was found there."""
    kind = PydanticCustomError("site", "{message}", {"message": message})
    details = InitErrorDetails(type=kind, loc=tuple(place), input=None)
    return ValidationError.from_exception_data("site", [details])
