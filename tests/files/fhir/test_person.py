"""Who a patient is."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.chart import Address, Code, Identifier
from bridge.errors import InputError
from tests.lib.fhir import coded, observation, patient, read

OLD = {"use": "old", "family": "Former", "given": ["Amina"], "period": {"end": "2019-01-01"}}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([OLD, {"use": "official", "family": "Otieno", "given": ["Amina"]}], ("Amina", "Otieno")),
        (
            [
                {"use": "nickname", "given": ["Ami"]},
                {"use": "usual", "given": ["A"], "family": "O"},
            ],
            ("A", "O"),
        ),
        ([{"family": "Suharto"}], (".", "Suharto")),
        ([{"text": "Marie Claire Dupont"}], ("Marie Claire", "Dupont")),
        ([{"given": ["Marie\u00a0Claire"], "family": "D"}], ("Marie Claire", "D")),
        (
            [{"given": ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"], "family": "D"}],
            ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "D"),
        ),
        ([{"given": ["Alma34"], "family": "Tester12"}], ("Alma", "Tester")),
        ([{"given": ["Alma34"], "family": "Tester"}], ("Alma34", "Tester")),
    ],
)
def test_the_name_is_the_official_one_of_today(
    names: list[Any], expected: tuple[str, str], tmp_path: Path
) -> None:
    """Never a former one; joiners stay, a no-break space is a space, Synthea's digits go."""
    made, _ = read(tmp_path, patient(name=names))
    assert (made.given_name, made.family_name) == expected


def test_the_digits_of_synthea_stay_where_asked_for(tmp_path: Path) -> None:
    """With --keep-names."""
    name = [{"given": ["Alma34", "Rosa5"], "family": "Tester12"}]
    made, _ = read(tmp_path, patient(name=name), keep_names=True)
    assert (made.given_name, made.middle_name, made.family_name) == ("Alma34", "Rosa5", "Tester12")


@pytest.mark.parametrize(
    ("said", "born", "estimated"),
    [
        ("2001-05-15", (2001, 5, 15), False),
        ("2001-05", (2001, 5, 1), True),
        ("2001", (2001, 1, 1), True),
    ],
)
def test_a_birth_date_may_be_a_year(
    said: str, born: tuple[int, int, int], estimated: bool, tmp_path: Path
) -> None:
    """As OpenMRS writes an estimated one."""
    made, _ = read(tmp_path, patient(birthDate=said))
    assert (made.birthdate, made.is_birthdate_estimated) == (date(*born), estimated)


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("female", "F"), ("male", "M"), ("other", "O"), ("unknown", "U"), (None, "U")],
)
def test_every_gender_of_fhir_is_one_of_openmrs(
    gender: str | None, sex: str, tmp_path: Path
) -> None:
    """One that is not said is unknown."""
    made, _ = read(tmp_path, patient(gender=gender))
    assert made.sex == sex


def test_the_dead_are_dead(tmp_path: Path) -> None:
    """When, and of what where a certificate says so; or only that."""
    cause = observation("c", "69453-9", valueCodeableConcept=coded("22298006", text="Heart attack"))
    dead = patient(deceasedDateTime="2025-06-01T00:00:00+03:00")
    made, _ = read(tmp_path, dead, cause)
    assert made.death and made.death.cause
    assert made.death.time == datetime(2025, 5, 31, 21, tzinfo=UTC)
    assert made.death.cause.codes == (Code("http://snomed.info/sct", "22298006"),)
    made, _ = read(tmp_path, patient(deceasedBoolean=True))
    assert made.death and made.death.time is None
    made, _ = read(tmp_path, patient(deceasedBoolean=False))
    assert made.death is None


def test_address_phone_and_identifiers_are_those_of_today(tmp_path: Path) -> None:
    """A former one stays behind, and the bare uuid is no number anybody gave."""
    made, _ = read(
        tmp_path,
        patient(
            address=[{"use": "old", "city": "Away"}, {"use": "home", "city": "Eldoret"}],
            telecom=[{"system": "email", "value": "x"}, {"system": "phone", "value": "0700 1"}],
            identifier=[
                {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:x"},
                {"type": {"text": "National ID"}, "value": "77"},
            ],
        ),
    )
    assert made.address and made.address.city_village == "Eldoret"
    assert made.phone == "0700 1"
    assert made.identifiers == (Identifier(value="77", type="National ID"),)


@pytest.mark.parametrize(
    ("changes", "part", "reason"),
    [
        ({"address": [{"country": "x" * 51, "city": "Y"}]}, "country", "country is longer than 50"),
        ({"address": [{"city": "x" * 256}]}, "city", "city is longer than 255"),
        ({"address": [{"line": ["x" * 200, "y" * 60]}]}, "address", "address is longer than 255"),
        ({"address": [{"postalCode": "x" * 51}]}, "postal code", "postal code is longer than 50"),
        (
            {"telecom": [{"system": "phone", "value": "0" * 51}]},
            "telephone number",
            "telephone number is longer than 50",
        ),
        ({"identifier": [{"value": "x" * 51}]}, "identifier", "identifier is longer than 50"),
        (
            {"name": [{"given": ["A", "b" * 30, "c" * 30], "family": "D"}]},
            "middle name",
            "middle name is longer than 50",
        ),
    ],
)
def test_what_openmrs_has_no_room_for_is_a_part_left_out(
    changes: dict[str, Any], part: str, reason: str, tmp_path: Path
) -> None:
    """It costs neither the patient nor the rest, and is counted."""
    made, reading = read(tmp_path, patient(**changes))
    assert reading.left_out == {("Patient (part)", f"{reason} characters"): 1}
    assert not reading.assumed
    if part == "country":
        assert made.address == Address(city_village="Y")
    assert made.middle_name == ("b" * 30 if part == "middle name" else "")


def test_the_first_name_and_the_last_are_whole_or_the_patient_is_rejected(tmp_path: Path) -> None:
    """Part of a name is another name."""
    for name in ({"given": ["x" * 51], "family": "D"}, {"given": ["A"], "family": "x" * 51}):
        with pytest.raises(InputError, match="name is longer than 50 characters"):
            read(tmp_path, patient(name=[name]))
