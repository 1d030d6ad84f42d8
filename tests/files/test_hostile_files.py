"""Files and names that mean harm: formulas, bombs, ways out of a folder, letters that steer."""

import csv
import json
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.__main__ import run
from bridge.atomic_write import write_atomically
from bridge.bounded_lines import LONGEST
from bridge.chart import Address, Patient
from bridge.errors import InputError
from bridge.files.cohort import FilesCohort
from bridge.files.fhir.resources import NOT_FHIR
from bridge.files.folders import new_folder
from bridge.files.ndjson import fhir_form
from bridge.files.tables import CSV
from bridge.formula_guard import guarded, unguarded
from bridge.mapping.loading import load_mapping, parse_mapping
from bridge.settings import SettingsFile
from bridge.synthesis.people import load_people
from bridge.synthesis.population import Population, population_path
from bridge.wording import harmless, one_line
from bridge.yaml_files import MOST_CHARACTERS, load_yaml, parse_yaml
from tests.lib.charts import read_all
from tests.lib.fhir import bundle, encounter, observation, of_visit, patient
from tests.lib.patients import make_batch, make_patient

MAPPING = load_mapping(None)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(0)", "'=1", "''=1", "-", "+Otieno")
NAMES = (
    *("O'Brien", "'Abd al-Rahman", "'", "''", "<script>alert(1)</script>", "[red]x[/red]"),
    *("مريم علي", "名前", "a" * 50, "Jean-Luc", "x,y", 'say "hello"', ":boom:", "{{7*7}}", "%s"),
)


def named(name: str) -> Patient:
    """Return a patient of this name."""
    address = Address(city_village=name, state_province=name, country=name)
    return replace(make_patient(1, visits=1), given_name=name, family_name=name, address=address)


def written_as_csv(folder: Path, patient: Patient) -> None:
    """Write one patient."""
    with CSV.opened(folder) as append:
        append(CSV.encode(make_batch([patient])))


@pytest.mark.parametrize("name", (*FORMULAS, *NAMES))
def test_a_name_comes_back_from_csv_as_it_was(name: str, tmp_path: Path) -> None:
    """Whatever stood before it in the file."""
    written_as_csv(tmp_path, named(name))
    (read,), _ = read_all(tmp_path, MAPPING)
    assert (read.given_name, read.family_name, read.address) == (name, name, named(name).address)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_from_fhir_as_it_was(name: str, tmp_path: Path) -> None:
    """JSON has no formulas."""
    form = fhir_form(MAPPING)
    with form.opened(tmp_path) as append:
        append(form.encode(make_batch([named(name)])))
    (read,), _ = read_all(tmp_path, MAPPING)
    assert (read.given_name, read.family_name) == (name, name)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_is_a_formula(name: str, tmp_path: Path) -> None:
    """A spreadsheet would reckon it out, and could be made to send what it shows elsewhere."""
    written_as_csv(tmp_path, named(name))
    with (tmp_path / "patients.csv").open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("name", NAMES)
def test_other_names_stand_as_they_are(name: str, tmp_path: Path) -> None:
    """Also those that begin with an apostrophe."""
    written_as_csv(tmp_path, named(name))
    with (tmp_path / "patients.csv").open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert row["given_name"] == name


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    """One below zero is no formula."""
    patient = make_patient(1, visits=1)
    (visit,) = patient.visits
    (taking,) = visit.encounters
    cold = replace(taking.measurements[0], value=-3.5)
    visit = replace(visit, encounters=(replace(taking, entries=(cold,)),))
    written_as_csv(tmp_path, replace(patient, visits=(visit,)))
    assert (tmp_path / "observations.csv").read_text(encoding="utf-8").endswith(",-3.5\n")


@given(st.text(alphabet="=+-@'\t\rab", max_size=6))
def test_a_guarded_word_comes_back(word: str) -> None:
    """Of any word."""
    assert unguarded(guarded(word)) == word
    assert guarded(word)[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("name", ["a\x1b[2J", "a\x00b", "\u202eabc", "a" * 10_000, "a\nb", ""])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    """With its place, and nothing of it that steers the terminal."""
    written_as_csv(tmp_path, named("Amina"))
    path = tmp_path / "patients.csv"
    path.write_text(path.read_text("utf-8").replace("Amina", f'"{name}"', 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"patients.csv:[23]: given_name"):
        FilesCohort(tmp_path)


@pytest.mark.parametrize("name", ["a\\e[2J", "\\u202eabc", "a" * 51, "a\\nb"])
def test_a_population_has_no_such_names(name: str, tmp_path: Path) -> None:
    """They would go to the server and to every file."""
    text = population_path("haiti").read_text(encoding="utf-8")
    path = tmp_path / "own.yaml"
    path.write_text(text.replace("family: [", f'family: ["{name}", ', 1), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    with pytest.raises(InputError, match="family"):
        load_yaml(path, Population)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {k: v}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join(['*' + old] * 10)}]}}\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (BOMB, "unfold to a mountain"),
        (MERGES, "unfold to a mountain"),
        ("a: &a [*a]\n", "is not YAML"),
        ("url: !!python/object/apply:os.system [touch pwned]\n", "constructor"),
        ("url: !!python/name:os.system\n", "constructor"),
        ("url: !!bool x\n", "tag says"),
        ("url: !!timestamp x\n", "tag says"),
        ("url: !!int ''\n", "tag says"),
        ("workers: " + "9" * 5000 + "\n", "too long"),
        ("workers: 1" + ":59" * 100_000 + "\n", "too long"),
        ("a: " * 5 + "\n", "is not YAML"),
        ("url: \x00\n", "is not YAML"),
        ("[" * 5000, "is not YAML"),
        ("99999999999999999999999999: x\n", "Keys should be strings"),
    ],
)
def test_yaml_that_means_harm_is_refused(text: str, complaint: str) -> None:
    """At once, in one line, and nothing of it is run."""
    begun = time.monotonic()
    with pytest.raises(InputError, match=complaint) as caught:
        parse_yaml(text, SettingsFile, place="bridge.yaml")
    assert time.monotonic() - begun < 5
    assert len(str(caught.value).splitlines()) == 1
    assert not Path("pwned").exists()


def test_a_mapping_may_still_use_an_alias() -> None:
    """Only a mountain of them is refused."""
    text = Path("mappings/openmrs.yaml")
    path = Path(__file__).parents[2] / text
    own = path.read_text(encoding="utf-8").replace("plausible:", "plausible: &p", 1)
    assert parse_mapping(own) == MAPPING


def test_a_file_that_does_not_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Neither YAML nor a table."""
    endless = tmp_path / "endless.yaml"
    endless.write_text("a" * (MOST_CHARACTERS + 1), encoding="utf-8")
    with pytest.raises(InputError, match="more than 2,000,000 characters"):
        load_yaml(endless, SettingsFile)
    line = tmp_path / "people.csv"
    line.write_text("sex,birthdate\n" + "F" * (LONGEST + 1), encoding="utf-8")
    with pytest.raises(InputError, match="line of more than"):
        load_people(line, as_of=make_patient().birthdate)
    written_as_csv(tmp_path, named("Amina"))
    (tmp_path / "patients.csv").write_text("F" * (LONGEST + 1), encoding="utf-8")
    with pytest.raises(InputError, match="line of more than"):
        FilesCohort(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_said_so(encoding: str, tmp_path: Path) -> None:
    """And not read as something else."""
    written_as_csv(tmp_path, named("Zoë"))
    path = tmp_path / "patients.csv"
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    with pytest.raises(InputError, match="not UTF-8"):
        FilesCohort(tmp_path)


def test_half_a_character_is_no_name(tmp_path: Path) -> None:
    """JSON may write one; no file and no server takes it."""
    form = fhir_form(MAPPING)
    with form.opened(tmp_path) as append:
        append(form.encode(make_batch([named("Amina")])))
    path = tmp_path / "Patient.ndjson"
    path.write_text(path.read_text("utf-8").replace("Amina", "\\ud800"), encoding="utf-8")
    with pytest.raises(InputError, match=r"Patient.ndjson:1"):
        FilesCohort(tmp_path)


@pytest.mark.parametrize("kind", ["Patient", "Observation", "Claim"])
def test_half_a_character_is_no_address_of_a_resource(kind: str, tmp_path: Path) -> None:
    """The one resource is left out, under a name that can be written."""
    whole = bundle(patient(), encounter(), observation(), of_visit("Claim", "x"), patient(id="2"))
    entry = next(one for one in whole["entry"] if one["resource"]["resourceType"] == kind)
    entry["fullUrl"] = "\ud800"
    del entry["resource"]["id"]
    (tmp_path / "a.json").write_text(json.dumps(whole), encoding="utf-8")
    _, reading = read_all(tmp_path)
    assert reading.left_out[kind, NOT_FHIR] == 1
    json.dumps(list(reading.left_out), ensure_ascii=False).encode()


def test_an_output_never_goes_through_a_link(tmp_path: Path) -> None:
    """What a link points to stays as it was."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "model.npz").symlink_to(precious)
    write_atomically(tmp_path / "model.npz", b"new")
    assert precious.read_text() == "mine"
    assert not (tmp_path / "model.npz").is_symlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "out").symlink_to(elsewhere)
    with pytest.raises(InputError, match="cannot be written"), new_folder(tmp_path / "out") as out:
        (out / "a.csv").write_text("x")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["../../x", "..", "/etc/passwd", "a/../b", "\x1b[2Jx", "x" * 5000])
@pytest.mark.parametrize("command", ["status", "resume", "verify", "undo"])
def test_a_run_s_name_is_no_path(
    command: str, name: str, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record beside the others is not one of theirs."""
    (own_home / "runs").mkdir(parents=True)
    (own_home / "x.db").write_bytes(b"precious")
    assert run([command, name]) == 2
    shown = capsys.readouterr().err
    assert "no run is called" in shown
    assert "\x1b" not in shown
    assert (own_home / "x.db").read_bytes() == b"precious"


def test_text_of_strangers_cannot_steer_the_terminal() -> None:
    """Nor turn its letters round, nor fill it."""
    evil = "\x1b]0;x\x07\x9b2J\u202eab\ud800\r"
    assert harmless(evil) == "\\u001b]0;x\\u0007\\u009b2J\\u202eab\\ud800\\u000d"
    assert harmless("Zoë مريم\n\t名") == "Zoë مريم\n\t名"
    assert one_line(evil * 1000).isprintable()
    assert len(one_line("ab " * 1000)) == 300


def test_random_bytes_are_no_folder(tmp_path: Path) -> None:
    """Of any length."""
    rng = random.Random(0)
    for _ in range(50):
        (tmp_path / "patients.csv").write_bytes(rng.randbytes(rng.randrange(300)))
        with pytest.raises(InputError):
            FilesCohort(tmp_path)
