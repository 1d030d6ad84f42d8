"""The content package as the initializer's folders and as O3's configuration."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.content.initializer import Addition, initializer_files
from bridge.content.o3_config import o3_config
from bridge.content.package import Content, load_content
from tests.lib.small_content import concept_uuid, write_small_content


@pytest.fixture
def content(tmp_path: Path) -> Content:
    """Read the small package."""
    return load_content(write_small_content(tmp_path))


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_concept_has_the_initializer_s_columns(content: Content) -> None:
    """Its codes by what they are to it, its limits, its answers by uuid."""
    rows = {row["Uuid"]: row for row in _rows(initializer_files(content)["concepts/bridge.csv"])}
    blood = rows[concept_uuid(21)]
    assert blood["Fully specified name:en"] == "Haemoglobin"
    assert blood["Mappings|SAME-AS"] == "CIEL:21"
    assert blood["Mappings|BROADER-THAN"] == "LOINC:718-7"
    assert (blood["Absolute high"], blood["Units"], blood["Allow decimals"]) == (
        "30",
        "g/dL",
        "true",
    )
    assert rows[concept_uuid(32)]["Answers"] == f"{concept_uuid(703)}; {concept_uuid(664)}"
    assert rows[concept_uuid(6)]["Complex data handler"] == "ImageHandler"


def test_parts_come_first(content: Content) -> None:
    """The initializer drops a row that names a concept which is not there yet."""
    seen: set[str] = set()
    for row in _rows(initializer_files(content)["concepts/bridge.csv"]):
        parts = f"{row['Answers']}; {row['Members']}".split("; ")
        assert {part for part in parts if part} <= seen
        seen.add(row["Uuid"])


def test_everything_is_written(content: Content) -> None:
    """One row of each kind of thing, and the settings as XML."""
    files = initializer_files(content)
    for domain in (
        "conceptclasses",
        "visittypes",
        "encountertypes",
        "encounterroles",
        "patientidentifiertypes",
        "personattributetypes",
        "programs",
        "programworkflows",
        "programworkflowstates",
        "drugs",
        "orderfrequencies",
        "appointmentservicedefinitions",
    ):
        assert len(_rows(files[f"{domain}/bridge.csv"])) == 1, domain
    root = ElementTree.fromstring(files["globalproperties/bridge.xml"])
    assert root.findtext(".//property") == "order.drugRoutesConceptUuid"
    assert root.findtext(".//value") == concept_uuid(8)


def test_what_a_server_has_is_not_written(content: Content) -> None:
    """But for parts that its sets lack: a row of what exists would take its other names away."""
    added = Addition(concept_uuid(8), concept_uuid(32), is_answer=False)
    files = initializer_files(content, lambda uuid: uuid == concept_uuid(6), [added])
    assert [row["Uuid"] for row in _rows(files.pop("concepts/bridge.csv"))] == [concept_uuid(6)]
    assert _rows(files.pop("conceptsets/bridge.csv")) == [
        {"Concept": concept_uuid(8), "Member": concept_uuid(32), "Member Type": "CONCEPT-SET"}
    ]
    assert files.keys() == {"globalproperties/bridge.xml"}


def test_o3_shows_what_the_package_adds() -> None:
    """Its own results beside those that O3 shows by itself, and each vaccine with its doses."""
    content = load_content()
    config = json.loads(json.dumps(o3_config(content)))
    shown = config["@openmrs/esm-patient-tests-app"]["resultsViewerConcepts"]
    uuids = {row["conceptUuid"] for row in shown}
    assert uuids <= content.by_uuid.keys()
    tests = {member for uuid in uuids for member in _under(content, uuid)}
    for code in (159644, 5497, 1643, 32):  # HbA1c, CD4, malaria by rapid test and by smear
        assert concept_uuid(code) in tests
    vaccines = config["@openmrs/esm-patient-immunizations-app"]["sequenceDefinitions"]
    assert "87b99483-b584-425f-ae1e-95d720b73d08" in {v["vaccineConceptUuid"] for v in vaccines}
    assert [dose["sequenceNumber"] for dose in vaccines[0]["sequences"]] == [1, 2, 3, 4, 5, 11, 12]


def _under(content: Content, uuid: str) -> set[str]:
    members = content.concept(uuid).members
    return {uuid, *(deep for member in members for deep in _under(content, member))}
