"""Settings from bridge.yaml; flags and the environment go before them (see bridge.cli.options).

A password has no place here: it comes from BRIDGE_PASSWORD, a password file or the terminal.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, PositiveInt, model_validator

from bridge.errors import InputError, option
from bridge.yaml_files import YamlModel, load_yaml

FILE_NAME = "bridge.yaml"


class SettingsFile(YamlModel):
    """The keys of bridge.yaml; each is also a flag and, as BRIDGE_<KEY>, in the environment."""

    home: str | None = None
    url: str | None = None
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    profile: str | None = None
    mapping_file: str | None = Field(default=None, alias="mapping")
    population: str | None = None
    workers: PositiveInt | str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_password(cls, keys: object) -> object:
        return without_password(keys, "BRIDGE_PASSWORD")


def without_password(keys: object, elsewhere: str) -> object:
    """Return the keys of a file; raise ValueError where a password is among them."""
    if isinstance(keys, dict) and "password" in keys:
        raise ValueError(
            f"a password does not belong in this file: use password_file or {elsewhere}"
        )
    return keys


def load_settings(folder: Path) -> dict[str, str | int]:
    """Return the settings of the bridge.yaml in `folder`, none where there is no such file."""
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    settings: dict[str, str | int] = load_yaml(path, SettingsFile).model_dump(exclude_none=True)
    for key in ("home", "password_file", "ca_file", "mapping_file"):
        if key in settings:
            settings[key] = os.path.expanduser(str(settings[key]))  # noqa: PTH111 - never fails
    return settings


def default_home() -> Path:
    """Return where the operating system keeps this user's program data."""
    return user_data_path("openmrs-bridge", appauthor=False)


def checked_url(url: str) -> str:
    """Return the base address of a server without a slash at its end; raise InputError."""
    if "@" in url:  # first, so that no other complaint shows the password
        raise InputError(
            "give the user and the password apart, not in the address",
            hints=(*option("url"), *option("user"), *option("password")),
        )
    try:
        return base_address(url)
    except ValueError as error:
        raise InputError(f"{error}", place=url, hints=option("url")) from error


def base_address(url: str) -> str:
    """Return the base address of a server without a slash at its end; raise ValueError."""
    parts = urlsplit(url.strip())
    parts.port  # noqa: B018 - raises when it is no number
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address like http://localhost/openmrs is expected")
    if parts.query or parts.fragment:
        raise ValueError("give the base address only, without ? and #")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
