"""Patients to files and back."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bridge.chart import Patient
from bridge.errors import InputError
from bridge.files.folders import new_folder
from bridge.files.formats import Form
from bridge.files.ndjson import TYPES, fhir_form
from bridge.files.reading import FolderCohort, read_folder
from bridge.files.tables import CSV, PARQUET, TABLES
from bridge.mapping.loading import load_mapping
from bridge.synthesis.cohort import GeneratedCohort, Request
from bridge.synthesis.parallel import parts
from tests.lib.patients import VALUES, make_batch, make_patient, make_visit

MAPPING = load_mapping(None)
PATIENTS = [make_patient(number, visits=number % 4) for number in range(1, 8)]


def write(form: Form, folder: Path, patients: list[Patient]) -> None:
    """Write patients in two batches."""
    with form.opened(folder) as append:
        for some in (patients[:2], patients[2:]):
            append(form.encode(make_batch(some)))


def write_csv(folder: Path, patients: list[Patient]) -> None:
    """Write CSV."""
    write(CSV, folder, patients)


def write_fhir(folder: Path, patients: list[Patient]) -> None:
    """Write FHIR."""
    write(fhir_form(MAPPING), folder, patients)


Write = Callable[[Path, list[Patient]], None]


def as_loaded(patient: Patient) -> Patient:
    """Return a patient with what the mapping names, to the decimals that it gives."""
    return replace(
        patient,
        visits=tuple(
            replace(
                visit,
                encounters=tuple(
                    replace(
                        encounter,
                        entries=tuple(
                            replace(m, value=round(m.value, MAPPING.measurements[m.name].decimals))
                            for m in encounter.measurements
                            if m.name in MAPPING.measurements
                        ),
                    )
                    for encounter in visit.encounters
                ),
            )
            for visit in patient.visits
        ),
    )


@pytest.mark.parametrize("write", [write_csv, write_fhir])
def test_what_one_machine_writes_another_reads(write: Write, tmp_path: Path) -> None:
    """The same patients, uuids and all."""
    write(tmp_path, PATIENTS)
    read, left_out = read_folder(tmp_path, MAPPING)
    assert not left_out
    assert [as_loaded(patient) for patient in read] == [as_loaded(p) for p in PATIENTS]


@pytest.mark.parametrize("write", [write_csv, write_fhir])
def test_generated_patients_come_back_as_they_are(write: Write, tmp_path: Path) -> None:
    """What is written from arrays is what a load makes of them."""
    request = Request(
        seed=1,
        as_of=date(2026, 11, 21),
        population="us",  # whose clocks change
        visits=(1, 6),
        limits={name: entry.plausible for name, entry in MAPPING.measurements.items()},
    )
    cohort = GeneratedCohort(request, 40)
    form = CSV if write is write_csv else fhir_form(MAPPING)
    with form.opened(tmp_path) as append:
        for part in parts(cohort, form.encode, 1):
            append(part.content)
    read, _ = read_folder(tmp_path, MAPPING)
    made = list(cohort.patients(range(1, 41)))
    assert [as_loaded(patient) for patient in read] == [as_loaded(patient) for patient in made]


def test_the_vitals_table_has_a_row_for_each_taking(tmp_path: Path) -> None:
    """In the promised columns, empty where nothing was measured."""
    patient = make_patient(1, visits=1)
    without = {name: value for name, value in VALUES.items() if name != "sbp_mmhg"}
    write_csv(tmp_path, [replace(patient, visits=(make_visit(patient.uuid, 0, without),))])
    with (tmp_path / "vitals.csv").open() as lines:
        (row,) = csv.DictReader(lines)
    assert ",".join(row) == (
        "patient_id,visit_id,encounter_id,time,sex,age_months,height_cm,weight_kg,muac_cm,"
        "head_circ_cm,sbp_mmhg,dbp_mmhg,pulse_bpm,temperature_c,resp_rate_bpm,spo2_pct"
    )
    assert row["sbp_mmhg"] == row["head_circ_cm"] == ""
    assert row["pulse_bpm"] == "72"
    assert row["height_cm"] == "160.5"
    assert row["temperature_c"] == "36.84"
    assert row["age_months"] == str((2026 - 1990) * 12 + 2)


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    """With types."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the scale extra")
    write_csv(tmp_path, PATIENTS)
    write(PARQUET, tmp_path, PATIENTS)
    for table in TABLES:
        with (tmp_path / f"{table.name}.csv").open() as lines:
            written = list(csv.DictReader(lines))
        read = parquet.read_table(tmp_path / f"{table.name}.parquet").to_pylist()
        assert len(read) == len(written)
        for as_text, typed in zip(written, read, strict=True):
            for column, value in typed.items():
                text = "" if value is None else value
                if hasattr(text, "isoformat"):
                    text = text.isoformat()
                same = str(text) == as_text[column]
                assert same or float(text) == float(as_text[column]), (table.name, column)


def test_every_fhir_resource_is_valid(tmp_path: Path) -> None:
    """By the models of FHIR R4B."""
    write_fhir(tmp_path, PATIENTS)
    for kind in TYPES:
        lines = (tmp_path / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()
        assert lines
        for line in lines:
            get_fhir_model_class(kind).model_validate(json.loads(line))


def test_an_observation_has_loinc_ciel_and_ucum(tmp_path: Path) -> None:
    """So that any FHIR server knows it."""
    write_fhir(tmp_path, PATIENTS[:1])
    lines = (tmp_path / "Observation.ndjson").read_text(encoding="utf-8").splitlines()
    sbp = next(o for o in map(json.loads, lines) if o["code"]["text"].startswith("Systolic"))
    assert {(c["system"], c["code"]) for c in sbp["code"]["coding"]} == {
        ("http://loinc.org", "8480-6"),
        ("https://cielterminology.org", "5085"),
    }
    assert sbp["valueQuantity"] == {
        "value": 120,
        "unit": "mmHg",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("patients", ",F,", ",W,", r"patients.csv:2: sex: F or M is expected, not 'W'"),
        ("patients", "1990-01-02", "1990-13-02", r"patients.csv:2: birthdate: .*not '1990-13-02'"),
        ("patients", "Amina", "A" * 51, r"patients.csv:2: given_name: .*50 characters"),
        ("patients", "sex", "gender", r"patients.csv:.*the column sex is missing"),
        ("visits", "+00:00", "", r"visits.csv:2: start: a time with its offset"),
        ("observations", "36.84", "warm", r"observations.csv:8: value: a number is expected, not"),
        ("patients", ",Eldoret", ",Eldo\0ret", r"patients.csv:2: city_village: "),
        ("visits", "start", "\ufeffstart", r"visits.csv:.*the column start is missing"),
        ("observations", "36.84", "nan", r"observations.csv:8: value is no number"),
        (
            "observations",
            "temperature_c",
            "temp",
            r"observations.csv:8: unknown measurement",
        ),
    ],
)
def test_a_fault_in_a_table_names_file_line_and_column(
    name: str, old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    """And what was expected."""
    write_csv(tmp_path, PATIENTS)
    path = tmp_path / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_folder(tmp_path, MAPPING)


@pytest.mark.parametrize(
    ("kind", "old", "new", "complaint"),
    [
        (
            "Patient",
            '"gender":"female"',
            '"gender":"other"',
            r"Patient.ndjson:1: gender: female",
        ),
        ("Patient", '"name":', '"nmae":', r"Patient.ndjson:1: nmae"),
        ("Encounter", "{", "", r"Encounter.ndjson:1: is not JSON"),
        ("Patient", '"given":["', '"given":[null,"', r"Patient.ndjson:1: given"),
        ("Patient", "Amina", "A" * 51, r"Patient.ndjson:1: given: .*50 characters"),
        ("Encounter", '"period":{', '"period":null,"was":{', r"Encounter.ndjson:1: "),
        ("Observation", '"code":"kg"', '"code":"[lb_av]"', r"weight_kg is in '\[lb_av\]'"),
    ],
)
def test_a_fault_in_fhir_names_file_and_line(
    kind: str, old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    """And the element."""
    write_fhir(tmp_path, PATIENTS)
    path = tmp_path / f"{kind}.ndjson"
    text = path.read_text(encoding="utf-8").replace("5085", "9999")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_folder(tmp_path, MAPPING)


def test_parts_that_belong_to_nothing_are_refused(tmp_path: Path) -> None:
    """A visit without its patient, an encounter outside its visit, a uuid that stands twice."""
    write_csv(tmp_path, PATIENTS)
    path = tmp_path / "patients.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"visits.csv:2: patient .* is not among the patients"):
        read_folder(tmp_path, MAPPING)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"patients.csv:9: .* stands twice"):
        read_folder(tmp_path, MAPPING)


def test_a_folder_without_files_is_said_so(tmp_path: Path) -> None:
    """With what makes one."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match="bridge generate"):
            read_folder(folder, MAPPING)


def test_another_content_is_another_cohort(tmp_path: Path) -> None:
    """A run on it is not continued with changed files."""
    write_csv(tmp_path, PATIENTS)
    before = FolderCohort(tmp_path, MAPPING).inputs
    path = tmp_path / "patients.csv"
    path.write_text(path.read_text().replace("Otieno", "Oduya", 1))
    assert FolderCohort(tmp_path, MAPPING).inputs != before


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """Whatever goes wrong while it is written."""
    out = tmp_path / "out"
    with pytest.raises(RuntimeError), new_folder(out) as draft:
        (draft / "half").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with new_folder(out) as draft:
        (draft / "whole").write_text("x")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "whole"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """It may be somebody's work."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(InputError, match="not empty"), new_folder(tmp_path):
        pass
    assert (tmp_path / "mine").read_text() == "x"


def test_an_observation_that_is_not_mapped_is_left_out_and_named(tmp_path: Path) -> None:
    """As it is of a table."""
    write_fhir(tmp_path, PATIENTS)
    path = tmp_path / "Observation.ndjson"
    text = path.read_text(encoding="utf-8").replace("8480-6", "9-9").replace('"5085"', '"999"')
    path.write_text(text, encoding="utf-8")
    read, left_out = read_folder(tmp_path, MAPPING)
    assert left_out == {"9-9 or 999"}
    names = {m.name for patient in read for e in patient.encounters() for m in e.measurements}
    assert names == VALUES.keys() - {"sbp_mmhg"}


def test_a_table_that_excel_saved_is_read(tmp_path: Path) -> None:
    """With its byte order mark, and times to the millisecond cut to what OpenMRS keeps."""
    write_csv(tmp_path, PATIENTS)
    for path in tmp_path.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("+00:00", ".250+00:00")
        path.write_text(text, encoding="utf-8-sig")
    read, _ = read_folder(tmp_path, MAPPING)
    assert [as_loaded(patient) for patient in read] == [as_loaded(p) for p in PATIENTS]


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("patients", lambda lines: lines[:1], "holds no patients"),
        ("patients", lambda lines: [*lines, lines[1].upper()], "stands twice|no uuid"),
        ("observations", lambda lines: [*lines, lines[1]], "stands twice"),
    ],
)
def test_what_would_make_half_a_cohort_is_refused(
    name: str, change: Callable[[list[str]], list[str]], complaint: str, tmp_path: Path
) -> None:
    """Nobody, and what stands twice in other letters."""
    write_csv(tmp_path, PATIENTS)
    if complaint == "holds no patients":
        for other in ("visits", "observations"):
            path = tmp_path / f"{other}.csv"
            path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n")
    path = tmp_path / f"{name}.csv"
    lines = change(path.read_text(encoding="utf-8").splitlines())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_folder(tmp_path, MAPPING)


def test_an_observation_of_another_patient_is_refused(tmp_path: Path) -> None:
    """Its encounter says whose it is."""
    write_csv(tmp_path, PATIENTS)
    path = tmp_path / "observations.csv"
    text = path.read_text(encoding="utf-8")
    owner = text.splitlines()[1].split(",")[1]
    path.write_text(text.replace(owner, PATIENTS[1].uuid), encoding="utf-8")
    with pytest.raises(InputError, match=r"observations.csv:2: encounter .* is patient"):
        read_folder(tmp_path, MAPPING)


def test_more_patients_than_a_folder_has_are_refused(tmp_path: Path) -> None:
    """Rather than loading fewer than were asked for."""
    write_csv(tmp_path, PATIENTS)
    with pytest.raises(InputError, match="holds 7 patients, not 8"):
        FolderCohort(tmp_path, MAPPING, 8)
