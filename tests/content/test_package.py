"""The content package: the shipped files are whole and right, and a fault in one is named."""

import csv
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bridge.codes import Loinc
from bridge.content.package import Content, load_content
from bridge.errors import InputError
from bridge.mapping.loading import load_mapping
from tests.conftest import SHARED
from tests.lib.small_content import concept_uuid, write_small_content


@pytest.fixture(scope="module")
def content() -> Content:
    """Read the shipped package."""
    return load_content()


def test_every_part_comes_before_the_whole(content: Content) -> None:
    """So that each can be made when its turn comes; every reference is a row of the package."""
    made: set[str] = set()
    for concept in content.concepts:
        assert {*concept.answers, *concept.members} <= made, concept.name
        made.add(concept.uuid)


def test_waves_hold_every_concept_once(content: Content) -> None:
    """What is in one needs former ones only."""
    waves = list(content.waves())
    assert sorted(c.uuid for wave in waves for c in wave) == sorted(content.by_uuid)
    assert len(waves) < 10


def test_no_name_stands_twice(content: Content) -> None:
    """OpenMRS refuses a second concept of a name."""
    names = [concept.name.lower() for concept in content.concepts]
    assert len(set(names)) == len(names)


def test_codes_are_codes_of_a_source(content: Content) -> None:
    """And a LOINC code's check digit fits."""
    sources = {source.name for source in content.sources}
    loinc = TypeAdapter[str](Loinc)
    for concept in content.concepts:
        for term in concept.codes:
            assert term.source in sources, concept.name
            if term.source == "LOINC":
                loinc.validate_python(term.code)


def test_a_concept_with_a_code_says_so_among_its_codes(content: Content) -> None:
    """By this a later import of CIEL meets it."""
    for concept in content.concepts:
        own = [t.code for t in concept.codes if t.source == "CIEL" and t.relation == "same"]
        assert own == ([concept.code] if concept.code else []), concept.name


def test_only_a_numeric_concept_has_units_and_limits(content: Content) -> None:
    """OpenMRS refuses them of any other; the limits stand in order."""
    for concept in content.concepts:
        limits = [
            concept.low_absolute,
            concept.low_critical,
            concept.low_normal,
            concept.high_normal,
            concept.high_critical,
            concept.high_absolute,
        ]
        said = [limit for limit in limits if limit is not None]
        assert said == sorted(said), concept.name
        if concept.datatype != "Numeric":
            assert not said
            assert not concept.units


def test_frequencies_are_of_the_class_that_openmrs_demands(content: Content) -> None:
    """And a duration has the SNOMED CT code without which an order is refused."""
    for frequency in content.frequencies:
        assert content.concept(frequency.concept).concept_class == "Frequency"
    durations = next(c for c in content.concepts if c.name == "Duration units").members
    for name in ("Days", "Weeks", "Months"):
        unit = next(c for c in content.concepts if c.name == name)
        assert unit.uuid in durations
        assert "SNOMED CT" in {term.source for term in unit.codes}


def test_it_agrees_with_the_mapping(content: Content) -> None:
    """The vital signs of both are the same concepts."""
    for entry in load_mapping(None).measurements.values():
        concept = content.concept(entry.concept)
        assert (concept.code, concept.name, concept.units) == (entry.ciel, entry.name, entry.unit)


def test_every_row_says_how_it_is_known(content: Content) -> None:
    """A source, and whether it was read there."""
    for row in (*content.concepts, *content.drugs, *content.programs, *content.frequencies):
        assert row.source
        assert row.verified.partition(":")[0] in ("yes", "partly", "choice")


def test_it_agrees_with_the_reference_application(content: Content) -> None:
    """A uuid of that content is the same concept here: its name, class, datatype and unit."""
    path = SHARED / "data" / "clinical" / "refapp_concepts.csv"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with path.open(encoding="utf-8", newline="") as file:
        theirs = {row["concept_uuid"]: row for row in csv.DictReader(file)}
    shared = [concept for concept in content.concepts if concept.uuid in theirs]
    assert len(shared) > 500
    for concept in shared:
        row = theirs[concept.uuid]
        assert (concept.code, concept.name) == (row["ciel"], row["name"])
        assert concept.concept_class == row["concept_class"]
        assert concept.datatype == row["datatype"].replace("None", "N/A")
        assert row["units"] in ("", concept.units)  # that table has none for the vital signs


def test_a_reference_is_found_by_code(tmp_path: Path) -> None:
    """The words behind it are for the reader."""
    content = load_content(write_small_content(tmp_path))
    assert content.concept(concept_uuid(32)).answers == (concept_uuid(703), concept_uuid(664))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("concepts", "703 Positive; 664", "704 Positive; 664", "concepts.csv:2: no row"),
        ("concepts", "LOINC:718-7 broader", "LOINC:718-7 bigger", "concepts.csv:5: codes"),
        ("concepts", "g/dL,yes", "g/dL,maybe", "concepts.csv:5: decimals"),
        ("concepts", "21 Haemoglobin; 32 M", "8 Blood tests; 32 M", "contains itself"),
        ("concepts", "\n703,", "\n664,", "concepts.csv:4: the code 664 stands twice"),
        ("drugs", "9 Tablet,60mg", "9 Tablet", "drugs.csv:2: has not as many cells"),
        ("drugs", "strength", "power", "drugs.csv:2"),
        ("programs", "32 Malarial smear", "", "programs.csv:2: concept"),
        ("workflows", "prog-", "frog-", "workflows.csv:2: there is no program"),
        ("services", ",15", ",none", "services.csv:2: minutes"),
        ("states", "stat-", "enct-", "is taken in states.csv too"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    """File, line and what is wrong."""
    path = write_small_content(tmp_path) / f"{name}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_content(tmp_path)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Or one that is no text."""
    (write_small_content(tmp_path) / "drugs.csv").unlink()
    with pytest.raises(InputError, match=r"drugs\.csv: cannot be read"):
        load_content(tmp_path)
    (tmp_path / "drugs.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        load_content(tmp_path)
