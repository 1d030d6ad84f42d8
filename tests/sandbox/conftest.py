"""A sandbox of its own for every test that asks for one, and a clinic set up on it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.sandbox import Sandbox

from .clinic import Clinic
from .hospital import Hospital

NOW = datetime(2026, 11, 21, 3, 7, 51, tzinfo=UTC)


class Furnished(NamedTuple):
    """The data of a clinic that is set up, to be copied for every test."""

    directory: Path
    source: str
    service: str = ""


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    directory = tmp_path_factory.mktemp("furnished")
    with Sandbox.start(directory, clock=lambda: NOW) as sandbox:
        clinic = Clinic(sandbox.url)
        with clinic.client:
            clinic.set_up()
    return Furnished(directory, clinic.source)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """Serve a bare server's data, or the clinic's where the test asks for it too."""
    for client, data in (("clinic", "furnished"), ("hospital", "equipped")):
        if client in request.fixturenames:
            made = request.getfixturevalue(data)
            shutil.copytree(made.directory, tmp_path, dirs_exist_ok=True)
    with Sandbox.start(tmp_path, clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def clinic(sandbox: Sandbox, furnished: Furnished) -> Iterator[Clinic]:
    clinic = Clinic(sandbox.url)
    clinic.source = furnished.source
    with clinic.client:
        yield clinic


@pytest.fixture(scope="session")
def equipped(furnished: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    directory = tmp_path_factory.mktemp("equipped")
    shutil.copytree(furnished.directory, directory, dirs_exist_ok=True)
    with Sandbox.start(directory, clock=lambda: NOW) as sandbox:
        hospital = Hospital(sandbox.url)
        with hospital.client:
            hospital.equip()
    return Furnished(directory, furnished.source, hospital.service)


@pytest.fixture
def hospital(sandbox: Sandbox, equipped: Furnished) -> Iterator[Hospital]:
    hospital = Hospital(sandbox.url)
    hospital.source, hospital.service = equipped.source, equipped.service
    with hospital.client:
        yield hospital
