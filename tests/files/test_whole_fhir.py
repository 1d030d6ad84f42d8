"""Whole charts to FHIR, and back: the same chart, uuid for uuid but for those of notes."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bridge.chart import (
    Death,
    DrugOrder,
    Encounter,
    Entry,
    Measurement,
    Note,
    Patient,
    PatientEntry,
    Quantity,
    Relationship,
    Result,
)
from bridge.files.bundles import bundles_form
from bridge.files.cohort import FilesCohort
from bridge.files.ndjson import CHART_TYPES, fhir_form
from bridge.identity import part_uuid
from bridge.mapping.loading import load_mapping
from bridge.synthesis.care_codes import coded
from bridge.synthesis.cohort import GeneratedCohort
from bridge.unit_words import in_ucum
from tests.lib.care_cohorts import care_cohort
from tests.lib.charts import balance, without_sources

COUNT = 60
MAPPING = load_mapping(None)


class Batch:
    """Some patients as a form takes them."""

    def __init__(self, patients: list[Patient]) -> None:
        self._patients = patients

    def patients(self) -> Any:
        """Yield them."""
        return iter(self._patients)


def cohort() -> GeneratedCohort:
    """Return the same patients each time."""
    return care_cohort(COUNT)


@pytest.fixture(scope="module")
def made() -> list[Patient]:
    """Return patients, one of whom died."""
    first, second, *others = cohort().patients(range(1, COUNT + 1))
    stop = first.visits[-1].stop
    first = replace(first, death=Death(time=stop, cause=coded("116128 Malaria")))
    uuid = part_uuid(second.uuid, "sibling")
    related = Relationship(uuid=uuid, other=first.uuid, kind="sibling")
    return [first, replace(second, entries=(*second.entries, related)), *others]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, made: list[Patient]) -> Path:
    """Return the same patients as NDJSON."""
    path: Path = tmp_path_factory.mktemp("ndjson")
    form = fhir_form(MAPPING, CHART_TYPES)
    with form.opened(path) as append:
        append(form.encode(Batch(made)))
    return path


def plain(patient: Patient) -> Patient:
    """Return a chart whose entries stand in one order, notes without their uuids."""
    patient = without_sources(patient)
    visits = (
        replace(
            visit,
            encounters=tuple(
                replace(one, entries=tuple(sorted(map(unnamed, mapped(one)), key=repr)))
                for one in visit.encounters
            ),
        )
        for visit in patient.visits
    )
    entries: list[PatientEntry] = sorted(patient.entries, key=lambda entry: entry.uuid)
    return replace(patient, visits=tuple(visits), entries=tuple(entries))


def mapped(encounter: Encounter) -> Iterator[Entry]:
    """Yield what the mapping has a code for: FHIR wants one."""
    for entry in encounter.entries:
        if not isinstance(entry, Measurement) or entry.name in MAPPING.measurements:
            yield entry


def unnamed(entry: Entry) -> Entry:
    """Drop the uuid of a note, and write units as UCUM does."""
    if isinstance(entry, Note):
        return replace(entry, uuid="")
    if isinstance(entry, DrugOrder):
        return replace(entry, dose=known(entry.dose), quantity=known(entry.quantity))
    if isinstance(entry, Result) and isinstance(entry.value, Quantity):
        return replace(entry, value=known(entry.value))
    return entry


def known(quantity: Quantity | None) -> Quantity | None:
    """Write a unit as UCUM does."""
    return quantity and replace(quantity, unit=in_ucum(quantity.unit))


def test_a_whole_chart_comes_back_from_ndjson_as_it_was(made: list[Patient], folder: Path) -> None:
    """All of it: encounters and what they are, ranks, stopped drugs, states, causes of death."""
    read = FilesCohort(folder, None, MAPPING)
    balance(read)
    assert not read.reading.left_out
    assert not read.reading.assumed
    back = list(read.patients(range(1, COUNT + 1)))
    for one, other in zip(back, made, strict=True):
        assert plain(one) == plain(other)


def test_bundles_hold_the_same_as_ndjson(made: list[Patient], tmp_path: Path) -> None:
    """A file for each patient; what is in it refers by fullUrl, and is made anew where posted."""
    form = bundles_form(MAPPING)
    with form.opened(tmp_path) as append:
        append(form.encode(Batch(made)))
    files = sorted(tmp_path.iterdir())
    assert len(files) == COUNT
    whole = json.loads(files[0].read_text())
    assert whole["type"] == "transaction"
    urls = {entry["fullUrl"] for entry in whole["entry"]}
    assert urls == {f"urn:uuid:{entry['resource']['id']}" for entry in whole["entry"]}
    assert {entry["request"]["method"] for entry in whole["entry"]} == {"POST"}
    read = FilesCohort(tmp_path, None, MAPPING)
    balance(read)
    back = {one.uuid: one for one in read.patients(range(1, COUNT + 1))}
    for patient in made:
        assert plain(replace(back[patient.uuid], number=patient.number)) == plain(patient)


def test_every_type_has_resources_and_each_is_r4(folder: Path) -> None:
    """By fhir.resources' models; HAPI's validator has its say outside of the tests."""
    kinds: Counter[str] = Counter()
    for path in folder.iterdir():
        for line in path.read_text().splitlines()[:20]:
            body = json.loads(line)
            get_fhir_model_class(body["resourceType"]).model_validate(body)
            kinds[body["resourceType"]] += 1
    assert kinds.keys() == set(CHART_TYPES)
