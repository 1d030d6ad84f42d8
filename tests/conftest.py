"""Fixtures that all tests share. No test touches the user's own data directory."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before numpy is there: nets as small as bridge's gain nothing by more threads, and on a machine
# that has other work the threads wait for each other, ten times as long as they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")

SHARED = Path(os.environ.get("BRIDGE_TEST_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a data directory of its own, and an environment without settings."""
    for name in [name for name in os.environ if name.startswith("BRIDGE_")]:
        if not name.startswith("BRIDGE_TEST_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("BRIDGE_HOME", str(home))
    # Most tests are of vital signs, which are made in no time; those of whole charts ask for them.
    monkeypatch.setenv("BRIDGE_CHART", "vitals")
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture(scope="session")
def tapes() -> list[Path]:
    """Return the recorded exchanges of real servers."""
    found = sorted((SHARED / "data" / "openmrs-tape").glob("*.json"))
    if not found:
        pytest.skip(f"needs the recorded exchanges in {SHARED}/data/openmrs-tape")
    return found
