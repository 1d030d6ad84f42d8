"""What a server's state mean for a load. No server needed: the judgement is pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.age_limits import Span
from bridge.delivery.preflight import (
    Finding,
    Level,
    ages_of,
    check,
    choose_profile,
    limits_of,
    narrowed,
    needed_identifiers,
    real_patients,
    target,
    unlabelled,
)
from bridge.delivery.server_state import (
    BATCH_PRIVILEGE,
    DEMO_TAG,
    METADATA,
    PRIVILEGES,
    RUN_TAG,
    ServerState,
)
from bridge.errors import InputError
from bridge.mapping.loading import load_mapping
from bridge.openmrs.capabilities import Capabilities
from bridge.openmrs.models import AttributeType, Concept, IdentifierType

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
MAPPING = load_mapping(None)
REFAPP = MAPPING.profiles["refapp3"]
OPENMRS_ID = IdentifierType(
    uuid=REFAPP.identifier_type.uuid,
    name="OpenMRS ID",
    required=True,
    validator="org.openmrs.module.idgen.validator.LuhnMod30IdentifierValidator",
    format=None,
    needs_location=False,
    source="8549f706-7e85-4c1d-9424-217d50a2988b",
)
GOOD = ServerState(
    url="http://x/openmrs",
    capabilities=Capabilities(
        core="2.8.7",
        modules={"webservices.rest": "3.5.0", "fhir2": "4.2.0", "idgen": "5.0.4"},
    ),
    user="admin",
    privileges=None,
    time=NOW,
    metadata={
        getattr(REFAPP, field).uuid: getattr(REFAPP, field).name
        for field in METADATA
        if getattr(REFAPP, field)
    },
    identifier_types=(OPENMRS_ID,),
    concepts={
        entry.concept: Concept(
            display=entry.name,
            datatype="Numeric",
            units=entry.unit,
            allow_decimal=entry.decimals > 0,
            low=entry.plausible[0],
            high=entry.plausible[1],
        )
        for entry in MAPPING.measurements.values()
    },
    tags={
        DEMO_TAG: AttributeType(
            uuid="d", name=DEMO_TAG, format="java.lang.Boolean", searchable=True
        ),
        RUN_TAG: AttributeType(uuid="r", name=RUN_TAG, format="java.lang.String", searchable=True),
    },
    settings={"visits.allowOverlappingVisits": "false"},
    patients=50,
    marked=50,
)


def findings(state: ServerState, level: Level, profile: str = "refapp3") -> list[Finding]:
    """Return what is found, of one level."""
    return [f for f in check(state, MAPPING, profile, now=NOW) if f.level is level]


def with_concept(name: str, **changes: object) -> ServerState:
    """Return the good state with one concept changed."""
    uuid = MAPPING.measurements[name].concept
    changed = replace(GOOD.concepts[uuid], **changes)  # type: ignore[arg-type]
    return replace(GOOD, concepts={**GOOD.concepts, uuid: changed})


def test_a_server_that_takes_no_plausible_value_is_refused() -> None:
    """By its limits, or by the mapping's."""
    (finding,) = findings(with_concept("height_cm", low=300.0, high=400.0), Level.FAIL)
    assert finding.check == "height_cm"


def test_a_user_who_may_not_make_the_marks_is_told_before() -> None:
    """Unless they are there."""
    user = replace(GOOD, privileges=frozenset((*PRIVILEGES, BATCH_PRIVILEGE)))
    assert not findings(user, Level.FAIL)
    (finding,) = findings(replace(user, tags={DEMO_TAG: GOOD.tags[DEMO_TAG]}), Level.FAIL)
    assert "Manage Person Attribute Types" in finding.fix


def test_a_reference_application_passes() -> None:
    """Without a word."""
    assert choose_profile(GOOD, MAPPING) == "refapp3"
    assert not findings(GOOD, Level.FAIL)
    assert not findings(GOOD, Level.NOTE)


def test_a_bare_server_lists_everything_at_once() -> None:
    """Not the first fault only."""
    bare = replace(GOOD, metadata={}, concepts={}, identifier_types=(), tags={}, patients=0)
    assert choose_profile(bare, MAPPING) == "bare"
    missing = {finding.check for finding in findings(bare, Level.FAIL, "bare")}
    assert missing >= {"encounter type", "visit type", "provider", "identifier type", "sbp_mmhg"}
    assert all(finding.fix for finding in findings(bare, Level.FAIL, "bare"))


@pytest.mark.parametrize(
    ("state", "check_name", "words"),
    [
        (replace(GOOD, time=NOW - timedelta(hours=7)), "clock", "25200 s behind"),
        (with_concept("sbp_mmhg", datatype="Text"), "sbp_mmhg", "is Text"),
        (with_concept("weight_kg", allow_decimal=False), "weight_kg", "whole numbers only"),
        (with_concept("weight_kg", units="lb"), "weight_kg", "is in lb, not kg"),
        (replace(GOOD, privileges=frozenset({"Get Patients"})), "privileges", "Add Patients"),
        (
            replace(
                GOOD,
                tags={
                    DEMO_TAG: AttributeType(uuid="d", name=DEMO_TAG, format="x", searchable=True)
                },
            ),
            "mark 'demo_patient'",
            "exists with format x",
        ),
        (
            replace(
                GOOD,
                identifier_types=(
                    OPENMRS_ID,
                    replace(
                        OPENMRS_ID,
                        uuid="n",
                        name="National ID",
                        source=None,
                        validator=None,
                        format="^[0-9]{8}$",
                    ),
                ),
            ),
            "identifier National ID",
            "nothing issues it",
        ),
    ],
)
def test_what_would_fail_is_found_with_a_way_out(
    state: ServerState, check_name: str, words: str
) -> None:
    """Before the first write."""
    (found,) = findings(state, Level.FAIL)
    assert found.check == check_name
    assert words in found.found
    assert found.fix


@pytest.mark.parametrize("units", ["lb", "lbs", "pounds", "Stone"])
def test_no_advice_leads_to_kilograms_under_another_unit(units: str) -> None:
    """Whoever changed the mapping's label as it said stored 31.6 kg as 31.6 lbs."""
    (found,) = findings(with_concept("weight_kg", units=units), Level.FAIL)
    assert found.fix.startswith("map weight_kg to a concept in kg, or leave it out of the mapping")
    assert ("if Stone means kg, write kg there on the server" in found.fix) == (units == "Stone")


def test_a_concept_without_a_unit_is_told() -> None:
    """It may be in pounds for all that a machine knows."""
    state = with_concept("weight_kg", units=None)
    assert not findings(state, Level.FAIL)
    (found,) = findings(state, Level.NOTE)
    assert "names no unit: kg is taken for it" in found.found
    assert unlabelled(state, MAPPING) == ("weight_kg",)


def test_limits_by_age_are_told_and_kept_to() -> None:
    """And ages of whom the server takes nothing plausible are found before a load."""
    ages = (Span("FMOU", 0, 11, 0.4, 16), Span("FMOU", 12, 10_000, 5, 300))
    state = with_concept("weight_kg", low=0.4, high=300, ages=ages)
    assert not findings(state, Level.FAIL)
    (found,) = findings(state, Level.NOTE)
    assert found.check == "weight_kg"
    assert "other limits by age or sex" in found.found
    assert limits_of(state, MAPPING)["weight_kg"] == (0.4, 250)
    assert ages_of(state, MAPPING) == {"weight_kg": ages}
    none = with_concept("weight_kg", ages=(ages[0], ages[1]._replace(low=260)))
    (found,) = findings(none, Level.FAIL)
    assert "accepts nothing plausible of 12 months and over" in found.found


@pytest.mark.parametrize(
    ("name", "units"),
    [("weight_kg", "Kg"), ("temperature_c", "°C"), ("pulse_bpm", "bpm"), ("sbp_mmhg", "mm[Hg]")],
)
def test_a_server_may_write_a_unit_in_any_of_its_ways(name: str, units: str) -> None:
    """It is the same unit."""
    assert not findings(with_concept(name, units=units), Level.FAIL)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (replace(GOOD, time=NOW - timedelta(minutes=10)), "600 s behind"),
        (replace(GOOD, patients=60), "10 of 60 are not marked"),
        (replace(GOOD, marked=None), "it cannot be known how many"),
        (with_concept("resp_rate_bpm", high=60.0), "accepts 0 to 60 breaths/min"),
        (replace(GOOD, settings={"validation.disable": "true"}), "switched off"),
        (replace(GOOD, settings={"patient.nameValidationRegex": "[a-z]*"}), "[a-z]*"),
    ],
)
def test_what_the_user_should_know_is_noted(state: ServerState, words: str) -> None:
    """A load can go on."""
    (found,) = findings(state, Level.NOTE)
    assert words in found.found
    assert not findings(state, Level.FAIL)


def test_every_type_that_the_server_requires_is_given() -> None:
    """A patient without one of them is refused."""
    national = replace(OPENMRS_ID, uuid="n", name="National ID", required=True)
    legacy = replace(OPENMRS_ID, uuid="l", name="Legacy ID", required=False)
    state = replace(GOOD, identifier_types=(legacy, national, OPENMRS_ID))
    assert [kind.name for kind in needed_identifiers(state, REFAPP)] == [
        "OpenMRS ID",
        "National ID",
    ]


def test_without_idgen_the_plain_identifier_type_does() -> None:
    """With a location, since it asks for one, and the check digit made here."""
    bare = MAPPING.profiles["bare"]
    assert bare.plain_identifier_type
    plain = replace(
        OPENMRS_ID,
        uuid=bare.plain_identifier_type.uuid,
        validator="org.openmrs.patient.impl.LuhnIdentifierValidator",
        needs_location=True,
        source=None,
    )
    state = replace(GOOD, capabilities=Capabilities(), identifier_types=(plain,))
    assert needed_identifiers(state, bare) == [plain]
    assert target(state, bare).identifiers[0].location == bare.location.uuid


def test_an_unknown_profile_is_told_with_the_nearest() -> None:
    """And the known ones."""
    with pytest.raises(InputError, match="did you mean 'refapp3'"):
        choose_profile(GOOD, MAPPING, "refap3")


def test_real_patients_are_those_without_the_mark() -> None:
    """None where nobody can tell."""
    assert real_patients(replace(GOOD, patients=0, marked=None)) == 0
    assert real_patients(replace(GOOD, patients=None)) is None
    assert real_patients(replace(GOOD, patients=60)) == 10


def test_limits_are_narrowed_never_widened() -> None:
    """By the server's own."""
    assert narrowed((0, 250), (10, None)) == (10, 250)
    assert narrowed((0, 250), (None, 300)) == (0, 250)
