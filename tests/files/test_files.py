"""Patients to files and back."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bridge.chart import Finding, Patient, Quantity
from bridge.errors import InputError
from bridge.files.cohort import FilesCohort
from bridge.files.folders import new_folder
from bridge.files.formats import Form
from bridge.files.ndjson import TYPES, fhir_form
from bridge.files.options import NOT_MOVED, FileOptions
from bridge.files.tables import CSV, OWN_COLUMNS, PARQUET, TABLES, csv_form, tables_with
from bridge.mapping.loading import load_mapping
from bridge.synthesis.cohort import GeneratedCohort, Request
from bridge.synthesis.parallel import parts
from bridge.synthesis.people import GivenPerson
from tests.lib.charts import balance, read_all, without_sources
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
    patient = without_sources(patient)
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
    read, reading = read_all(tmp_path, MAPPING)
    assert not reading.left_out
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
    read, _ = read_all(tmp_path, MAPPING)
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
    assert row["temperature_c"] == "36.8"
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
    ("old", "new", "complaint"),
    [
        (",F,", ",W,", r"patients.csv:2: sex: F or M is expected, not 'W'"),
        ("1990-01-02", "1990-13-02", r"patients.csv:2: birthdate: .*not '1990-13-02'"),
        ("Amina", "A" * 51, r"patients.csv:2: given_name: .*50 characters"),
        ("Kenya", "A" * 51, r"patients.csv:2: country: .*50 characters"),
        (",Eldoret", ",Eldo\0ret", r"patients.csv:2: city_village: "),
    ],
)
def test_a_patient_who_cannot_be_made_costs_only_them(
    old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    """With file, line, column and what was expected."""
    write_csv(tmp_path, PATIENTS)
    change(tmp_path / "patients.csv", old, new)
    read, reading = read_all(tmp_path, MAPPING)
    (rejected,) = reading.rejected
    assert re.search(complaint, rejected.detail)
    assert rejected.resources == {"patients": 1, "visits": 1, "observations": 9}
    assert [patient.uuid for patient in read] == [patient.uuid for patient in PATIENTS[1:]]


def test_names_are_spelt_as_everywhere(tmp_path: Path) -> None:
    """A no-break space of a spreadsheet is a space, and said so; a joiner is spelling."""
    write_csv(tmp_path, PATIENTS)
    change(tmp_path / "patients.csv", "Amina", "Ami\u00a0na\u0645\u200c\u0645")
    read, reading = read_all(tmp_path, MAPPING)
    assert read[0].given_name == "Ami na\u0645\u200c\u0645"
    assert reading.assumed == {"in names, no-break and double spaces were spaces": 1}


GIVEN = (
    GivenPerson("F", date(1990, 5, 1), is_estimated=True, own_id="0012"),
    GivenPerson("M", date(1985, 1, 1), is_estimated=True, own_id="=1+1"),
    GivenPerson("M", date(1985, 1, 1)),
)


def given_people(folder: Path, form: str) -> Path:
    """Write the patients of a people file in a form, and return the folder."""
    limits = {name: entry.plausible for name, entry in MAPPING.measurements.items()}
    request = Request(
        seed=1,
        as_of=date(2026, 11, 1),
        population="kenya",
        visits=(2, 2),
        limits=limits,
        illness="none",
        people=GIVEN,
    )
    written = fhir_form(MAPPING) if form == "fhir" else csv_form(partial(tables_with, OWN_COLUMNS))
    with written.opened(folder) as append:
        append(written.encode(GeneratedCohort(request, len(GIVEN)).part(0)))
    return folder


@pytest.mark.parametrize("form", ["csv", "fhir"])
def test_an_own_id_stands_in_the_output_and_an_estimated_birthdate_is_loaded_so(
    form: str, tmp_path: Path
) -> None:
    """So that vitals can be joined to one's own people; the server is not given the id."""
    folder = given_people(tmp_path, form)
    if form == "csv":
        tables = {name: rows_of(folder / f"{name}.csv") for name in ("patients", "vitals")}
        assert [row["id"] for row in tables["patients"]] == ["0012", "'=1+1", ""]
        assert [row["id"] for row in tables["vitals"]] == ["0012"] * 2 + ["'=1+1"] * 2 + [""] * 2
        owners = {row["patient_id"]: row["id"] for row in tables["patients"]}
        assert all(owners[row["patient_id"]] == row["id"] for row in tables["vitals"])
    read, reading = read_all(folder, MAPPING)
    assert [one.birthdate for one in read] == [one.birthdate for one in GIVEN]
    assert [one.is_birthdate_estimated for one in read] == [True, True, False]
    if form == "csv":
        reason = "an id of one's own stays in the files"
        assert reading.left_out == {("patients (part)", reason): 2}
    else:
        assert [[i.value for i in one.identifiers] for one in read] == [["0012"], ["=1+1"], []]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("visits", "+00:00", "", r"visits.csv:2: start: a time with its offset"),
        ("observations", "36.8", "warm", r"observations.csv:8: value: a number is expected, not"),
        ("observations", "36.8", "nan", r"observations.csv:8: value is no number"),
        ("observations", "temperature_c", "temp", r"observations.csv:8: unknown measurement"),
    ],
)
def test_a_fault_in_a_row_costs_only_the_row(
    name: str, old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    """And is told with file, line and column; what hangs on it goes too, and is counted."""
    write_csv(tmp_path, PATIENTS)
    (tmp_path / "vitals.csv").unlink()
    change(tmp_path / f"{name}.csv", old, new)
    cohort = FilesCohort(tmp_path, None, MAPPING)
    assert re.search(complaint, cohort.left_out(1)[0].detail)
    gone = 10 if name == "visits" else 1
    assert sum(cohort.reading.left_out.values()) == gone
    balance(cohort)


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("patients", "sex", "gender", r"patients.csv:1: the column sex is missing"),
        ("patients", "sex", "birthdate", r"patients.csv:1: the column birthdate stands twice"),
        ("visits", "start", "\ufeffstart", r"visits.csv:1: the column start is missing"),
    ],
)
def test_a_table_without_its_columns_is_refused(
    name: str, old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    """Since nothing in it can be trusted."""
    write_csv(tmp_path, PATIENTS)
    change(tmp_path / f"{name}.csv", old, new)
    with pytest.raises(InputError, match=complaint):
        FilesCohort(tmp_path)


def change(path: Path, old: str, new: str) -> None:
    """Change the first of something in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"name":', '"nmae":', "has no name"),
        ('"gender":"female"', '"gender":"woman"', "gender is not one of FHIR's"),
        ("Amina", "A" * 51, "name is longer than 50 characters"),
        ("Amina", "A\\u0000", "name has a character that cannot be printed"),
        ('"birthDate":"1990-01-02"', '"birthDate":"soon"', "birth date is no date"),
        ('"birthDate":"1990-01-02",', "", "has no birth date"),
    ],
)
def test_a_fhir_patient_who_cannot_be_made_costs_only_them(
    old: str, new: str, reason: str, tmp_path: Path
) -> None:
    """With all that is theirs, which is counted."""
    write_fhir(tmp_path, PATIENTS)
    change(tmp_path / "Patient.ndjson", old, new)
    cohort = FilesCohort(tmp_path, None, MAPPING)
    (rejected,) = cohort.reading.rejected
    assert (rejected.reason, rejected.source) == (reason, f"Patient/{PATIENTS[0].uuid}")
    assert rejected.resources["Observation"] == len(VALUES)
    assert cohort.count == len(PATIENTS) - 1
    balance(cohort)


@pytest.mark.parametrize(
    ("kind", "old", "new", "reason"),
    [
        ("Encounter", "{", "", "is no JSON"),
        ("Encounter", '"period":{', '"period":null,"was":{', "has no time"),
        ("Observation", '"status":"final"', '"status":"cancelled"', "status is cancelled"),
        ("Observation", '"value":', '"value":"x","was":', "is not as FHIR has it"),
        ("Observation", '"unit":"cm"', '"unit":"lb"', "unit and its code contradict each other"),
    ],
)
def test_a_fault_in_a_resource_costs_only_the_resource(
    kind: str, old: str, new: str, reason: str, tmp_path: Path
) -> None:
    """The patient stands, and so does what was written in it."""
    write_fhir(tmp_path, PATIENTS)
    change(tmp_path / f"{kind}.ndjson", old, new)
    cohort = FilesCohort(tmp_path, None, MAPPING)
    assert cohort.reading.left_out == {(kind, reason): 1}
    assert cohort.count == len(PATIENTS)
    balance(cohort)


@pytest.mark.parametrize("write", [write_csv, write_fhir])
def test_who_cannot_be_moved_is_rejected_alone(write: Write, tmp_path: Path) -> None:
    """A birth date of the first year, and visits to come."""
    write(tmp_path, [replace(PATIENTS[0], birthdate=date(1, 1, 3)), *PATIENTS[1:]])
    cohort = FilesCohort(tmp_path, FileOptions(shift=True, as_of=date(1990, 1, 1)), MAPPING)
    assert [one.reason for one in cohort.reading.rejected] == [NOT_MOVED]
    assert cohort.count == len(PATIENTS) - 1
    balance(cohort)


@pytest.mark.parametrize("shift", [True, False])
def test_more_years_than_there_are_keep_everything(shift: bool, tmp_path: Path) -> None:
    """As many as somebody may write."""
    write_csv(tmp_path, PATIENTS)
    options = FileOptions(shift=shift, as_of=date(2026, 11, 21), years=5000)
    cohort = FilesCohort(tmp_path, options, MAPPING)
    assert (cohort.count, sum(cohort.reading.left_out.values())) == (len(PATIENTS), 0)


def test_parts_that_belong_to_nobody_are_counted(tmp_path: Path) -> None:
    """A visit without its patient, and a patient who stands twice."""
    write_csv(tmp_path, PATIENTS)
    path = tmp_path / "patients.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")
    cohort = FilesCohort(tmp_path)
    assert cohort.reading.left_out[("visits", "its patient is not in the files")] == 1
    balance(cohort)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    assert FilesCohort(tmp_path).reading.left_out == {("patients", "stands twice"): 1}


def test_a_folder_without_files_is_said_so(tmp_path: Path) -> None:
    """With what makes one."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match="bridge generate"):
            FilesCohort(folder)


def test_another_content_is_another_cohort(tmp_path: Path) -> None:
    """A run on it is not continued with changed files."""
    write_csv(tmp_path, PATIENTS)
    before = FilesCohort(tmp_path).inputs
    path = tmp_path / "patients.csv"
    path.write_text(path.read_text().replace("Otieno", "Oduya", 1))
    assert FilesCohort(tmp_path).inputs != before


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


def test_an_observation_that_is_not_mapped_stays_a_finding(tmp_path: Path) -> None:
    """With its codes, for the mapping to find a place for it."""
    write_fhir(tmp_path, PATIENTS)
    path = tmp_path / "Observation.ndjson"
    text = path.read_text(encoding="utf-8").replace("8480-6", "9-9").replace('"5085"', '"999"')
    path.write_text(text, encoding="utf-8")
    read, _ = read_all(tmp_path, MAPPING)
    met = [encounter for patient in read for encounter in patient.encounters()]
    names = {m.name for encounter in met for m in encounter.measurements}
    assert names == VALUES.keys() - {"sbp_mmhg"}
    (finding,) = [entry for entry in met[0].entries if isinstance(entry, Finding)]
    assert {code.code for code in finding.what.codes} == {"9-9", "999"}
    assert finding.value == Quantity(120.0, "mm[Hg]")


def test_a_table_that_excel_saved_is_read(tmp_path: Path) -> None:
    """With its byte order mark, and times to the millisecond cut to what OpenMRS keeps."""
    write_csv(tmp_path, PATIENTS)
    for path in tmp_path.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("+00:00", ".250+00:00")
        path.write_text(text, encoding="utf-8-sig")
    read, _ = read_all(tmp_path, MAPPING)
    assert [as_loaded(patient) for patient in read] == [as_loaded(p) for p in PATIENTS]


def test_a_folder_of_nobody_is_refused(tmp_path: Path) -> None:
    """There is nothing to load."""
    write_csv(tmp_path, [])
    with pytest.raises(InputError, match="holds no patients"):
        FilesCohort(tmp_path)


def test_what_stands_twice_is_taken_once(tmp_path: Path) -> None:
    """An observation again, and a patient in other letters."""
    write_csv(tmp_path, PATIENTS)
    for name in ("patients", "observations"):
        path = tmp_path / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        again = lines[1].upper() if name == "patients" else lines[1]
        path.write_text("\n".join([*lines, again]) + "\n", encoding="utf-8")
    cohort = FilesCohort(tmp_path)
    assert cohort.count == len(PATIENTS)
    assert cohort.reading.left_out == {("observations", "stands twice"): 1}
    assert "is no uuid in small letters" in cohort.reading.rejected[0].detail


def test_an_observation_in_another_patient_s_visit_is_left_out(tmp_path: Path) -> None:
    """The visit says whose it is."""
    write_csv(tmp_path, PATIENTS)
    (tmp_path / "vitals.csv").unlink()
    path = tmp_path / "observations.csv"
    text = path.read_text(encoding="utf-8")
    owner = text.splitlines()[1].split(",")[1]
    path.write_text(text.replace(owner, PATIENTS[1].uuid), encoding="utf-8")
    left_out = FilesCohort(tmp_path).reading.left_out
    assert left_out == {("observations", "its visit is not among the patient's"): len(VALUES)}


def test_more_patients_than_a_folder_has_are_refused(tmp_path: Path) -> None:
    """Rather than loading fewer than were asked for."""
    write_csv(tmp_path, PATIENTS)
    with pytest.raises(InputError, match="holds 7 patients, not 8"):
        FilesCohort(tmp_path, FileOptions(count=8))
