"""What a file or folder is, and what stands in it, whoever made it."""

import base64
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chart import (
    Address,
    DrugOrder,
    Finding,
    Identifier,
    Immunization,
    Note,
    Patient,
    Quantity,
    Relationship,
)
from bridge.errors import InputError
from bridge.files.cohort import FilesCohort
from bridge.files.options import FileOptions
from bridge.mapping.loading import load_mapping
from tests.conftest import SHARED
from tests.lib.charts import balance, read_all
from tests.lib.fhir import (
    ME,
    START,
    VISIT,
    Body,
    bundle,
    coded,
    encounter,
    observation,
    of_visit,
    patient,
)
from tests.lib.forms import BAHMNI, CHART, INITIALIZER, OTHER, SYNTHEA, WHOLE_CHART


def write(path: Path, *resources: Body) -> None:
    """Write a bundle, or lines of one type each where `path` is a folder."""
    if not path.is_dir():
        data = json.dumps(bundle(*resources)).encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return
    lines: dict[str, list[str]] = {}
    for one in resources:
        lines.setdefault(one["resourceType"], []).append(json.dumps(one))
    for kind, some in lines.items():
        text = "\n".join(some) + "\n"
        if kind == "Observation":
            (path / f"{kind}.000.ndjson.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (path / f"{kind}.ndjson").write_text(text)


def the_one(path: Path) -> Patient:
    """Return the only patient, in an account that balances."""
    cohort = FilesCohort(path)
    balance(cohort)
    (made,) = cohort.patients([1])
    return made


def test_the_same_resources_are_the_same_chart_however_they_are_written(tmp_path: Path) -> None:
    """As one file or several, packed or not, in one bundle or line by line."""
    one, packed, apart, lines = (tmp_path / name for name in ("one", "packed", "apart", "lines"))
    for folder in (one, packed, apart, lines):
        folder.mkdir()
    write(one / "a.json", *CHART)
    write(packed / "a.json.gz", *CHART)
    write(apart / "a.json", *CHART[:3])
    write(apart / "b.json", *CHART[3:])
    write(lines, *CHART)
    made = the_one(one)
    assert made == the_one(one / "a.json") == the_one(packed) == the_one(lines)
    assert made == the_one(apart)
    assert FilesCohort(lines).form == "FHIR NDJSON"
    assert FilesCohort(one).form == "FHIR bundles"


def other(body: Body) -> Body:
    """Return a resource as one of another patient."""
    text = json.dumps(body).replace(ME, OTHER).replace(VISIT, VISIT.replace("3", "4"))
    changed: Body = json.loads(text)
    if body["resourceType"] not in ("Patient", "Encounter", "Medication"):
        changed["id"] = f"b{changed['id'][1:]}"
    return changed


def test_a_bundle_of_several_patients_is_told_apart(tmp_path: Path) -> None:
    """By what each resource refers to."""
    write(tmp_path / "a.json", *CHART, *map(other, CHART[:-2]))
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    first, second = cohort.patients([1, 2])
    assert (first.uuid, second.uuid) == (ME, OTHER)
    assert len(list(first.encounters())) == len(list(second.encounters())) == 1


def test_another_patient_of_the_same_id_is_rejected(tmp_path: Path) -> None:
    """With all of the bundle that is theirs; the same patient again is only counted."""
    write(tmp_path / "a.json", *CHART)
    write(tmp_path / "b.json", patient(birthDate="1999-09-09"), encounter("e2"))
    write(tmp_path / "c.json", patient())
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    (rejected,) = cohort.reading.rejected
    assert rejected.reason == "another patient has this id"
    assert rejected.resources == {"Patient": 1, "Encounter": 1}
    assert cohort.reading.left_out[("Patient", "stands twice")] == 1


def test_patients_of_two_hospitals_with_the_number_1_are_two(tmp_path: Path) -> None:
    """The uuid follows from more than the number."""
    uuids = []
    for born in ("1980-03-02", "1999-09-09"):
        write(tmp_path / "a.json", patient(id="1", birthDate=born))
        uuids.append(the_one(tmp_path).uuid)
    assert uuids[0] != uuids[1]


def test_a_reference_may_be_an_address_or_an_identifier(tmp_path: Path) -> None:
    """`http://.../Patient/1`, `Patient?identifier=system|value`, a Reference's identifier."""
    me = patient(identifier=[{"system": "urn:x", "value": "7"}])
    refs: list[Body] = [
        {"reference": f"http://server/fhir/Patient/{ME}/_history/2"},
        {"reference": "Patient?identifier=urn:x|7"},
        {"identifier": {"system": "urn:x", "value": "7"}},
        {"reference": "Patient/nobody"},
        {},
    ]
    some = [{**observation(f"o{n}"), "subject": ref} for n, ref in enumerate(refs)]
    write(tmp_path / "a.json", me, encounter(), *some)
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    assert cohort.reading.left_out == {
        ("Observation", "its patient is not in the files"): 1,
        ("Observation", "names no patient"): 1,
    }


def test_a_mother_and_her_child_are_related(tmp_path: Path) -> None:
    """Where the RelatedPerson is a patient of the files, and is made."""
    relative = of_visit(
        "RelatedPerson",
        "r",
        relationship=[coded("MTH")],
        identifier=[{"system": "urn:x", "value": "7"}],
    )
    mother = other(patient()) | {"identifier": [{"system": "urn:x", "value": "7"}]}
    write(tmp_path / "a.json", patient(), relative, mother)
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    (child, _) = cohort.patients([1, 2])
    (related,) = child.entries
    assert isinstance(related, Relationship)
    assert (related.other, related.kind) == (OTHER, "parent")
    write(tmp_path / "a.json", patient(), relative, {**mother, "birthDate": None})
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    assert cohort.reading.left_out == {("RelatedPerson", "is no patient of these files"): 1}


def test_a_bad_line_or_file_costs_itself(tmp_path: Path) -> None:
    """And is told with its place."""
    write(tmp_path, *CHART)
    for name, more in (
        ("Condition.ndjson", b'{"a\n{}\n'),
        ("bad.json", b"{"),
        ("other.json", b"[]"),
    ):
        with (tmp_path / name).open("ab") as file:
            file.write(more)
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    assert cohort.reading.left_out[("Condition", "is no JSON")] == 1
    assert cohort.reading.left_out[("Condition", "is not as FHIR has it")] == 1
    assert cohort.reading.left_out[("Bundle", "is no JSON")] == 1
    assert "Condition.ndjson:2" in cohort.reading.strays[0].detail


def test_beyond_the_count_everything_is_left_out(tmp_path: Path) -> None:
    """And said so."""
    write(tmp_path / "a.json", *CHART, *map(other, CHART[:-2]))
    cohort = FilesCohort(tmp_path, FileOptions(count=1))
    balance(cohort)
    assert cohort.count == 1
    assert cohort.reading.left_out[("Observation", "beyond --count")] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"\xff\xfe{}",
        b'{"entry": 1' + b"0" * 5000 + b"}",
        b'{"resourceType": "Bundle", "entry": 7}',
        b"null",
        b"\x00",
    ],
)
def test_a_file_that_means_harm_costs_itself(data: bytes, tmp_path: Path) -> None:
    """Without a traceback, beside a good one."""
    write(tmp_path / "a.json", *CHART)
    (tmp_path / "b.json").write_bytes(data)
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    assert cohort.count == 1


def test_a_packed_file_that_unfolds_to_a_mountain_is_refused(tmp_path: Path) -> None:
    """It is not unpacked to its end."""
    (tmp_path / "Patient.ndjson.gz").write_bytes(gzip.compress(b"\n" * 50_000_000))
    with pytest.raises(InputError, match="unfolds to more than"):
        FilesCohort(tmp_path)
    (tmp_path / "Patient.ndjson.gz").write_bytes(gzip.compress(b"{}" * 1000)[:-20])
    with pytest.raises(InputError, match="no whole gzip file"):
        FilesCohort(tmp_path)


@pytest.mark.parametrize("small", [1, 200_000])
def test_a_large_bundle_is_read_entry_by_entry(
    small: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same result."""
    monkeypatch.setattr("bridge.files.fhir.bundles.WHOLE", small)
    write(tmp_path / "a.json", *CHART)
    assert len(list(the_one(tmp_path).encounters())) == 1
    (tmp_path / "a.json").write_bytes((tmp_path / "a.json").read_bytes()[:-9])
    with pytest.raises(InputError, match=r"its file is not whole|is no JSON"):
        FilesCohort(tmp_path)


def test_what_is_nothing_known_is_said_with_what_was_looked_for(tmp_path: Path) -> None:
    """And what stands there; two forms at once are not guessed at."""
    (tmp_path / "register.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"register.xlsx. Looked for FHIR bundles"):
        FilesCohort(tmp_path)
    write(tmp_path / "a.json", *CHART)
    (tmp_path / "people.csv").write_text("given_name,family_name,sex\nA,B,F\n")
    with pytest.raises(InputError, match="holds both FHIR bundles"):
        FilesCohort(tmp_path)


def test_tables_of_synthea_are_read(tmp_path: Path) -> None:
    """With the ends of drugs; tables that no chart has are counted row by row."""
    for name, text in SYNTHEA.items():
        (tmp_path / f"{name}.csv").write_text(text)
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    assert cohort.form == "Synthea CSV"
    assert cohort.reading.left_out == {
        ("observations", "is not as Synthea writes it"): 1,
        ("payers", "not part of a chart"): 1,
    }
    (made,) = cohort.patients([1])
    (met,) = made.encounters()
    finding, drug, vaccine = met.entries
    assert isinstance(finding, Finding) and isinstance(drug, DrugOrder)
    assert isinstance(vaccine, Immunization)
    assert (finding.value, drug.stopped and drug.stopped.day) == (Quantity(71.9, "kg"), 12)
    assert (made.given_name, made.identifiers) == (
        "Alma",
        (Identifier(value="999-1", type="Social Security Number"),),
    )


def test_a_table_of_the_initializer_module_is_read(tmp_path: Path) -> None:
    """Its first names, its typed identifiers, its address in one cell."""
    (tmp_path / "people.csv").write_text(INITIALIZER)
    made = the_one(tmp_path)
    assert (made.given_name, made.middle_name, made.family_name) == ("Amina", "Rose", "Otieno")
    assert made.address == Address(city_village="Eldoret", country="Kenya")
    assert made.identifiers == (
        Identifier(value="0003", type="Old Number"),
        Identifier(value="9", type="SSN"),
    )
    assert FilesCohort(tmp_path).reading.left_out == {("people", "is voided"): 1}


def test_a_table_of_bahmni_is_read(tmp_path: Path) -> None:
    """An age at registration is an estimated year of birth."""
    (tmp_path / "patient.csv").write_text(BAHMNI)
    made = the_one(tmp_path)
    assert (made.birthdate, made.is_birthdate_estimated) == (date(1980, 1, 1), True)
    assert made.address == Address(city_village="Eldoret", county_district="Uasin Gishu")
    assert made.identifiers == (Identifier(value="GAN1", type="Registration Number"),)
    left_out = FilesCohort(tmp_path).reading.left_out
    assert left_out == {("patient (part)", "attribute is not taken"): 1}


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Nobody knows which is meant."""
    (tmp_path / "people.csv").write_text("sex,first name,last name,sex\nM,A,B,F\n")
    with pytest.raises(InputError, match="the column sex stands twice"):
        FilesCohort(tmp_path)


def test_years_and_dates_narrow_a_chart(tmp_path: Path) -> None:
    """What is older goes, save what still holds; and all of it may move to today."""
    old = encounter(
        "11111111-1111-4111-8111-111111111111", "2001-03-05T08:00:00Z", "2001-03-05T09:00:00Z"
    )
    write(tmp_path / "a.json", *CHART, old)
    for options in ({"since": date(2020, 1, 1)}, {"years": 10}):
        cohort = FilesCohort(tmp_path, FileOptions(**options, as_of=date(2026, 11, 21)))  # type: ignore[arg-type]
        balance(cohort)
        assert cohort.reading.left_out[("Encounter", "before --since")] == 1
    (moved,), _ = read_all(tmp_path, years=10, shift=True, as_of=date(2026, 11, 21))
    (as_it_was,), _ = read_all(tmp_path, years=10)
    by = moved.visits[-1].start - as_it_was.visits[-1].start
    assert 14 <= moved.visits[-1].start.day <= 20 and by.days % 7 == 0
    assert moved.birthdate - as_it_was.birthdate == by


@given(
    st.lists(st.sampled_from(WHOLE_CHART[1:]), max_size=12),
    st.lists(
        st.sampled_from(["status", "subject", "encounter", "code", "id", "period"]), max_size=3
    ),
    st.sampled_from([None, [], {}, "x", 7, [None], {"reference": "Patient/no"}]),
    st.randoms(),
)
def test_nothing_is_lost_in_silence(
    tmp_path_factory: pytest.TempPathFactory,
    some: list[Body],
    keys: list[str],
    value: Any,
    chance: Any,
) -> None:
    """For each type: read is used, left out and rejected, whatever is wrong or stands twice."""
    spoilt = [{**one, **{k: value for k in keys if chance.random() < 0.5}} for one in some]
    folder = tmp_path_factory.mktemp("any")
    write(folder / "a.json", patient(), *spoilt, *map(other, CHART[: chance.randint(0, 6)]))
    balance(FilesCohort(folder))
    lines = tmp_path_factory.mktemp("lines")
    write(lines, patient(), *spoilt)
    balance(FilesCohort(lines))


CASES = SHARED / "data" / "cases"


@pytest.mark.parametrize(
    ("case", "patients", "measurements"),
    [
        ("03-fhir-status/observation-entered-in-error", 2, 17),
        ("04-fhir-time/weight-of-another-day", 2, 18),
        ("05-fhir-comparator-and-unit/spo2-below-70", 2, 17),
        ("06-fhir-person/deceased-date", 2, 18),
        ("06-fhir-person/old-name-first", 2, 18),
        ("22-estimated-birthdates/fhir-year", 2, 18),
        ("23-folders-made-elsewhere/synthea-csv", 1, 1),
        ("23-folders-made-elsewhere/synthea-bulk", 1, 2),
        ("23-folders-made-elsewhere/synthea-bundles", 1, 2),
        ("23-folders-made-elsewhere/blood-pressure-panel", 2, 18),
        ("24-one-gap-stops-all/weight-not-performed", 2, 17),
    ],
)
def test_the_cases_of_others_come_out_right(case: str, patients: int, measurements: int) -> None:
    """As their README asks."""
    if not CASES.exists():
        pytest.skip(f"needs the cases in {CASES}")
    cohort = FilesCohort(CASES / case, FileOptions(as_of=date(2026, 11, 21)), load_mapping(None))
    balance(cohort)
    made = list(cohort.patients(range(1, cohort.count + 1)))
    assert len(made) == patients
    assert sum(len(met.measurements) for one in made for met in one.encounters()) == measurements


def test_a_changed_vitals_table_is_refused() -> None:
    """It is made for reading, and what is loaded is the other one."""
    if not CASES.exists():
        pytest.skip(f"needs the cases in {CASES}")
    with pytest.raises(
        InputError, match=r"vitals.csv:2: weight_kg is 64.1, and observations.csv has"
    ):
        FilesCohort(CASES / "26-edits-not-loaded" / "vitals-edited")


def test_notes_are_not_read_from_nowhere(tmp_path: Path) -> None:
    """A document whose file is elsewhere is left out."""
    document = of_visit(
        "DocumentReference",
        "r",
        status="current",
        content=[{"attachment": {"url": "http://elsewhere/1.pdf"}}],
    )
    write(tmp_path / "a.json", patient(), encounter(), document)
    made = the_one(tmp_path)
    assert not [e for met in made.encounters() for e in met.entries if isinstance(e, Note)]


def test_an_id_that_two_patients_have_is_not_used_as_it_is(tmp_path: Path) -> None:
    """OpenMRS would give the first one's observation to the second."""
    shared = "5f0c6a7e-1111-4222-8333-944444444444"
    mine, theirs = observation(shared), other(observation()) | {"id": shared}
    write(tmp_path / "a.json", patient(), encounter(), mine)
    write(tmp_path / "b.json", other(patient()), other(encounter()), theirs)
    cohort = FilesCohort(tmp_path)
    balance(cohort)
    uuids = [e.uuid for p in cohort.patients([1, 2]) for met in p.encounters() for e in met.entries]
    assert len({*uuids, shared}) == 3


def test_a_note_calls_the_patient_as_the_chart_does(tmp_path: Path) -> None:
    """Synthea's digits go from its notes too."""
    data = base64.b64encode(b"Alma34 Tester12 is well.").decode()
    text = {"contentType": "text/plain", "data": data}
    note = of_visit(
        "DiagnosticReport",
        "d",
        status="final",
        code=coded("1"),
        effectiveDateTime=START,
        presentedForm=[text],
    )
    named = patient(name=[{"given": ["Alma34"], "family": "Tester12"}])
    write(tmp_path / "a.json", named, encounter(), note)
    (entry,) = (entry for met in the_one(tmp_path).encounters() for entry in met.entries)
    assert isinstance(entry, Note) and entry.text == "Alma Tester is well."
