"""Runs by hand, and the records that older bridges wrote."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from bridge.delivery.history import crc
from bridge.delivery.ledger import MappingIdentity, Run
from bridge.delivery.target import IdentifierSlot, Target
from bridge.recipe import GeneratedRecipe

TARGET = Target(
    encounter_type="type of encounter",
    visit_type="type of visit",
    location="place",
    encounter_role="role",
    provider="nurse",
    identifiers=(IdentifierSlot(type="OpenMRS ID", location=None, source="7", validator=None),),
    demo_tag="demo",
    run_tag="run",
)


def recipe(**changes: Any) -> GeneratedRecipe:
    """Return the recipe of ten patients."""
    usual: dict[str, Any] = {
        "count": 10,
        "seed": 7,
        "as_of": date(2026, 11, 21),
        "population": "kenya",
        "visits": (1, 6),
        "illness": "mixed",
        "limits": {"pulse_bpm": (30, 220.0)},
        "population_digest": "0123456789ab",
        "generator": 2,
        "models": ("a", "b"),
    }
    return GeneratedRecipe(**{**usual, **changes})


def run(**changes: Any) -> Run:
    """Return a run of ten patients."""
    usual: dict[str, Any] = {
        "name": "run-1",
        "created": "2026-11-21T07:00:00+00:00",
        "server": "http://x/openmrs",
        "user": "boss",
        "patients": 10,
        "recipe": recipe(),
        "target": TARGET,
        "mapping": MappingIdentity(path=None, digest="0123456789ab"),
        "bridge": "0.1.0",
    }
    return Run(**{**usual, **changes})


INPUTS_OF_1: dict[str, Any] = {
    "generator": 2,
    "seed": 7,
    "as_of": "2026-11-21",
    "population": "kenya",
    "population_file": "0123456789ab",
    "visits": [1, 6],
    "illness": "mixed",
    "limits": {"pulse_bpm": [30, 220.0]},
    "models": ["a", "b"],
    "people": None,
    "mapping": None,
    "mapping_file": "0123456789ab",
}
TARGET_OF_1: dict[str, Any] = {
    "encounter_type": "type of encounter",
    "visit_type": "type of visit",
    "location": "place",
    "encounter_role": "role",
    "provider": "nurse",
    "identifiers": [{"type": "OpenMRS ID", "location": None, "source": "7", "validator": None}],
    "demo_tag": "demo",
    "run_tag": "run",
}

_VERSION_0 = """
PRAGMA journal_mode = WAL;
CREATE TABLE run (run TEXT NOT NULL, progress TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE patient (
    number INTEGER PRIMARY KEY, uuid TEXT NOT NULL, state TEXT NOT NULL, edition INTEGER NOT NULL,
    identifiers TEXT NOT NULL, visits INTEGER NOT NULL, encounters INTEGER NOT NULL,
    observations INTEGER NOT NULL, added TEXT NOT NULL, reason TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE INDEX by_state ON patient (state, number);
"""
_VERSION_1 = """
CREATE TABLE sample (
    slot INTEGER PRIMARY KEY, sample TEXT NOT NULL, checksum INTEGER NOT NULL
);
CREATE TABLE verification (verification TEXT NOT NULL, checksum INTEGER NOT NULL);
PRAGMA user_version = 1;
"""


def old_record(folder: Path, version: int, inputs: dict[str, Any] = INPUTS_OF_1) -> Path:
    """Write a record as version 0 or 1 did: ten patients, by turns created, existing, rejected."""
    path = folder / "run-1.db"
    listed = ["run-1", "2026-11-21T07:00:00+00:00", "http://x/openmrs", "boss", 10]
    begun = [*listed, inputs, TARGET_OF_1] + (["0.1.0"] if version else [])
    run, progress = json.dumps(begun), json.dumps(["complete", 40, 2, 4.5])
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(_VERSION_0 + (_VERSION_1 if version else ""))
        database.execute("INSERT INTO run VALUES (?,?,?)", (run, progress, crc(run, progress)))
        for number in range(1, 11):
            state = ("created", "existing", "rejected")[number % 3]
            reason = "too tall" if state == "rejected" else ""
            cells = [number, f"uuid-{number}", state, 1, f'["id-{number}"]', 2, 2, 18, "[]", reason]
            cells.append(crc(*map(str, cells)))
            database.execute(f"INSERT INTO patient VALUES ({','.join('?' * 11)})", cells)
    return path
