"""The mapping: what a user edits, and what it says when that went wrong."""

import json
from datetime import date
from pathlib import Path

import pytest
from fhir.resources.R4B.conceptmap import ConceptMap
from hypothesis import given
from hypothesis import strategies as st

from bridge.chart import MEASUREMENTS
from bridge.delivery.server_state import METADATA
from bridge.errors import InputError
from bridge.files.fhir_rendering import concept_map
from bridge.mapping.loading import default_mapping_path, load_mapping, parse_mapping
from bridge.mapping.resolve import statements
from tests.lib.patients import make_visit

MAPPED = tuple(name for name in MEASUREMENTS if name != "head_circ_cm")
TEXT = default_mapping_path().read_text(encoding="utf-8")


def test_bridge_s_own_mapping_names_every_measurement_but_one() -> None:
    """A measurement that is made is also loaded; of a head's round no server has the concept."""
    assert (*load_mapping(None).measurements,) == MAPPED
    assert load_mapping(None).unmapped == ["head_circ_cm"]


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("decimals: 1", "decmals: 1", r":24: .*height_cm.decmals: unknown key, did you mean 'dec"),
        ("decimals: 1", "decimals: one", r":24: .*height_cm.decimals: .* integer"),
        ("    decimals: 1\n", "", r":17: .*height_cm.decimals: is missing"),
        ("8302-2", "8302-3", r":21: .*loinc: 8302-3 is no LOINC code"),
        ("height_cm:", "heigth_cm:", r":16: .*unknown measurement 'heigth_cm', did you mean 'hei"),
        ("[10, 272]", "[272, 10]", r":25: .*plausible: the low limit comes first"),
        ("5090AAAA", "5089AAAA", r"height_cm and weight_kg are mapped to the same concept"),
        ("uuid: 67a7", "uid: 67a7", r"encounter_type.uid: unknown key, did you mean 'uuid'"),
        ("unit: kg", "unit: kg\n    unit: lb", r":32: the key 'unit' stands twice"),
        ("unit: kg", "unit: !!python/object/apply:os.abort []", r":31: is not YAML"),
        ("measurements:", "- x\nmeasurements:", r":17: is not YAML"),
        ("ucum: kg", "ucum: g", r"weight_kg has the unit g; bridge.s values are in kg"),
        ("unit: kg", "unit: lbs", r":31: .*weight_kg.unit: lbs is another unit \(\[lb_av\]\); bri"),
        ("unit: DEG C", "unit: DEG F", r":76: .*temperature_c.unit: DEG F is another unit"),
        ("unit: cm", "unit: in", r":22: .*height_cm.unit: in is another unit"),
        ("unit: mmHg", "unit: kPa", r":49: .*sbp_mmhg.unit: kPa is another unit"),
        ("unit: cm", "unit: mm", r":22: .*height_cm.unit: mm is another unit"),
        ("unit: kg", "unit: stone", r":31: .*'stone' is no way to write kg that bridge knows"),
        ("profiles:", "profile:", r"profile: unknown key, did you mean 'profiles'"),
    ],
)
def test_a_fault_names_file_line_and_key(good: str, bad: str, complaint: str) -> None:
    """And what was expected."""
    assert good in TEXT
    with pytest.raises(InputError, match=complaint):
        parse_mapping(TEXT.replace(good, bad, 1), place="my.yaml")


@pytest.mark.parametrize(
    ("good", "other"),
    [
        ("unit: kg", "unit: Kg"),
        ("unit: kg", "unit: kilograms"),
        ("unit: DEG C", "unit: °C"),
        ("unit: DEG C", "unit: Cel"),
        ("unit: DEG C", "unit: Deg. C"),
        ("unit: mmHg", "unit: mm[Hg]"),
        ("unit: mmHg", "unit: MM HG"),
        ("unit: beats/min", "unit: bpm"),
        ("unit: beats/min", "unit: /min"),
        ("unit: breaths/min", "unit: breaths per minute"),
        ('unit: "%"', "unit: percent"),
    ],
)
def test_a_unit_may_be_labelled_in_any_of_its_ways(good: str, other: str) -> None:
    """UCUM's, CIEL's, and what people write."""
    assert good in TEXT
    parse_mapping(TEXT.replace(good, other, 1))


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """Missing, a folder, or no text."""
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    for name in ("missing.yaml", ".", "latin.yaml"):
        with pytest.raises(InputError, match=str(tmp_path)):
            load_mapping(tmp_path / name)


@given(st.text() | st.text(st.sampled_from("{}[]:,-?*&!|>'\"%@`#\n ab1")))
def test_any_text_whatever_is_a_mapping_or_a_fault(text: str) -> None:
    """Never a traceback."""
    with pytest.raises(InputError):
        parse_mapping(text)


def test_every_uuid_of_refapp3_is_what_a_reference_application_has(tapes: list[Path]) -> None:
    """Held against what a running one listed."""
    tape = next(path for path in tapes if path.name.startswith("refapp3"))
    listed = {}
    for exchange in json.loads(tape.read_text())["exchanges"]:
        answer = exchange["response"].get("json")
        for found in answer.get("results", ()) if isinstance(answer, dict) else ():
            listed[found.get("uuid")] = found
    mapping = load_mapping(None)
    profile = mapping.profiles["refapp3"]
    things = [getattr(profile, field) for field in METADATA if getattr(profile, field)]
    for thing in things:
        label = str(listed[thing.uuid].get("display") or listed[thing.uuid]["name"])
        assert thing.name in label
    for entry in mapping.measurements.values():
        concept = listed[entry.concept]
        assert concept["display"] == entry.name
        assert concept["units"] in (entry.unit, None)
        assert concept["allowDecimal"] or entry.decimals == 0
        assert f"CIEL: {entry.ciel}" in [m["display"] for m in concept["mappings"]]
        for limit, of_server in zip(
            entry.plausible, (concept["lowAbsolute"], concept["hiAbsolute"]), strict=True
        ):
            assert of_server is None or (concept["lowAbsolute"] or 0) <= limit
            assert of_server is None or limit <= concept["hiAbsolute"]


def test_the_concept_map_is_valid_fhir_and_has_every_code() -> None:
    """For whoever keeps terminology."""
    resource = concept_map(load_mapping(None), date=date(2026, 11, 21).isoformat())
    ConceptMap.model_validate(resource)
    groups = {group["target"]: group["element"] for group in resource["group"]}
    assert len(groups["http://loinc.org"]) == len(MAPPED)
    sbp = next(e for e in groups["https://cielterminology.org"] if e["code"] == "sbp_mmhg")
    assert sbp["target"] == [{"code": "5085", "equivalence": "equivalent"}]


def test_values_are_given_with_the_concept_s_decimals() -> None:
    """A concept for whole numbers refuses 120.0 in some versions and 120.5 in all."""
    encounter = make_visit("6f3c9d1e-0000-5000-8000-000000000001", 0).encounters[0]
    said = {s.name: s.value for s in statements(encounter, load_mapping(None))}
    assert said["temperature_c"] == 36.8
    assert said["sbp_mmhg"] == 120
    assert isinstance(said["sbp_mmhg"], int)


def test_what_is_not_mapped_is_left_out() -> None:
    """And the mapping can say what that is."""
    start = TEXT.index("  muac_cm:")
    mapping = parse_mapping(TEXT[:start] + TEXT[TEXT.index("  sbp_mmhg:") :])
    encounter = make_visit("6f3c9d1e-0000-5000-8000-000000000001", 0).encounters[0]
    assert len(statements(encounter, mapping)) == len(MAPPED) - 1
    assert mapping.unmapped == ["muac_cm", "head_circ_cm"]
