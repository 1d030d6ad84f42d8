"""A request to its patients: what is always true of them."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import RFC_4122, UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.age_limits import Span
from bridge.chart import MEASUREMENTS, Encounter, Patient, completed_months
from bridge.errors import InputError
from bridge.mapping.loading import load_mapping
from bridge.patient_arrays import PatientArrays
from bridge.synthesis.cohort import GENERATOR, GeneratedCohort, Request
from bridge.synthesis.parallel import parts
from bridge.synthesis.people import GivenPerson
from bridge.synthesis.population import DAYS, load_population

AS_OF = date(2026, 11, 21)
LIMITS = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
REQUEST = Request(seed=1, as_of=AS_OF, population="kenya", visits=(1, 6), limits=LIMITS)


def cohort(count: int = 300, **changes: object) -> GeneratedCohort:
    """Return a cohort that differs from the usual one in `changes`."""
    return GeneratedCohort(replace(REQUEST, **changes), count)  # type: ignore[arg-type]


def everybody(made: GeneratedCohort) -> list[Patient]:
    """Return all patients."""
    return list(made.patients(range(1, made.count + 1)))


@pytest.fixture(scope="module")
def patients() -> list[Patient]:
    """Return the patients that most tests look at."""
    return everybody(cohort(1500))


def values(encounter: Encounter) -> dict[str, float]:
    """Return what an encounter measured, by name."""
    return {measurement.name: measurement.value for measurement in encounter.measurements}


def test_a_patient_is_the_same_however_many_are_asked_for_and_in_whatever_order() -> None:
    """Alone, among others, or made by another process."""
    all_of_them = everybody(cohort(600))
    assert [p.number for p in all_of_them] == list(range(1, 601))
    assert list(cohort(600).patients([7, 300, 599])) == [all_of_them[n - 1] for n in (7, 300, 599)]
    assert everybody(cohort(20)) == all_of_them[:20]


def as_patients(batch: PatientArrays) -> list[Patient]:
    """Return the patients of a batch."""
    return list(batch.patients())


GIVEN = tuple(GivenPerson("F", None, age) for age in range(0, 780, 3))


@pytest.mark.parametrize(
    ("workers", "count", "changes"),
    [
        (2, 260, {"people": GIVEN, "visits": (1, 50)}),  # so many visits that a block is a part
        (1, 300, {}),
    ],
)
def test_parts_are_the_patients(workers: int, count: int, changes: dict[str, object]) -> None:
    """Arrays of many, or one by one, by one process or two: the same, and as many drawn again."""
    limits = {**LIMITS, "weight_kg": (0.0, 85.0)}
    alone, together = (cohort(count, limits=limits, **changes) for _ in range(2))
    made = list(parts(together, as_patients, workers))
    assert [patient for part in made for patient in part.content] == everybody(alone)
    assert sum(part.resampled for part in made) == alone.resampled > 0
    assert [part.patients for part in made] == [len(part.content) for part in made]
    assert len(made) == together.parts


def test_every_uuid_is_of_version_8_and_stands_once(patients: list[Patient]) -> None:
    """Of patients, visits, encounters and measurements."""
    made = [patient.uuid for patient in patients]
    for patient in patients:
        for visit in patient.visits:
            (encounter,) = visit.encounters
            made += [visit.uuid, encounter.uuid, *(m.uuid for m in encounter.measurements)]
    assert len(set(made)) == len(made)
    for one in made:
        assert (UUID(one).version, UUID(one).variant, str(UUID(one))) == (8, RFC_4122, one)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"as_of": AS_OF - timedelta(days=1)},
        {"population": "us"},
        {"visits": (1, 5)},
        {"limits": {**LIMITS, "weight_kg": (0.0, 200.0)}},
        {"people": (GivenPerson("F", None, 24),)},
    ],
    ids=str,
)
def test_another_request_gives_other_patients(change: dict[str, object]) -> None:
    """Under other uuids: two cohorts never meet on one server by accident."""
    other = next(cohort(1, **change).patients([1]))
    assert other.uuid != next(cohort(1).patients([1])).uuid


def digest(count: int) -> str:
    """Return what stands for the patients of the usual request, whatever else a chart may hold."""
    made = cohort(count)
    found = hashlib.sha256()
    for place in range(made.parts):
        patients = made.part(place)
        words = (patients.sex, patients.given_name, patients.family_name, patients.address)
        found.update(json.dumps([word.tolist() for word in words]).encode())
        times = (getattr(patients, name) for name in ("start", "time", "stop"))
        moments = (array for time in times for array in (time.utc, time.east))
        numbers = (patients.uuids, patients.birthdate, patients.count, patients.part_uuids)
        for array in (*numbers, *moments, patients.values):
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def test_the_patients_of_a_seed_never_change() -> None:
    """If this fails on purpose, raise GENERATOR, and let the release notes say so."""
    assert (GENERATOR, digest(20)) == (4, "94ab3c270a295a25")


def test_another_processor_makes_the_same_patients() -> None:
    """Its vector units add up in another order: that must not reach a value."""
    program = "from tests.synthesis.test_cohort import digest; print(digest(500))"
    oldest = {
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    }
    made = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | oldest,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == digest(500)


def test_every_time_is_within_life_window_and_opening_hours(patients: list[Patient]) -> None:
    """Nothing after the as-of date nor before birth; small children within a year."""
    facility = load_population("kenya").facility
    zone = ZoneInfo(facility.time_zone)
    for patient in patients:
        small = completed_months(patient.birthdate, AS_OF) < 60
        earliest = AS_OF - timedelta(days=365 if small else 730)
        for visit in patient.visits:
            start, stop = visit.start.astimezone(zone), visit.stop.astimezone(zone)
            assert max(earliest, patient.birthdate) <= start.date() < AS_OF
            assert start.date() > patient.birthdate
            assert DAYS[start.weekday()] in facility.days
            assert facility.opens <= start.time() < stop.time() <= facility.closes
            for encounter in visit.encounters:
                assert visit.start < encounter.time < visit.stop
                assert encounter.time.microsecond == 0


def test_visits_neither_overlap_nor_touch(patients: list[Patient]) -> None:
    """OpenMRS refuses both."""
    for patient in patients:
        for before, after in pairwise(patient.visits):
            assert before.stop + timedelta(seconds=1) < after.start


def test_everybody_has_as_many_visits_as_asked(patients: list[Patient]) -> None:
    """But for babies, whose life has not had enough working days yet."""
    assert {len(patient.visits) for patient in patients} == {1, 2, 3, 4, 5, 6}
    for patient in everybody(cohort(300, visits=(3, 3))):
        old_enough = (AS_OF - patient.birthdate).days > 10
        assert len(patient.visits) == 3 or not old_enough
        assert patient.visits


def test_an_adult_s_height_stays_and_no_child_loses_height(patients: list[Patient]) -> None:
    """Whatever the chance of the day."""
    for patient in patients:
        heights = [values(encounter)["height_cm"] for encounter in patient.encounters()]
        first = next(iter(patient.encounters())).time.date()
        if completed_months(patient.birthdate, first) >= 240:
            assert len(set(heights)) == 1
        else:
            assert heights == sorted(heights)


def test_children_grow(patients: list[Patient]) -> None:
    """At about what children of one to ten grow, in between two visits half a year apart."""
    rates = []
    for patient in patients:
        seen = list(patient.encounters())
        years = (seen[-1].time - seen[0].time).days / 365.25
        age = completed_months(patient.birthdate, seen[0].time.date()) / 12
        if years > 0.5 and 2 <= age <= 9:
            gained = values(seen[-1])["height_cm"] - values(seen[0])["height_cm"]
            rates.append(gained / years)
    assert len(rates) > 50
    assert 5 < sum(rates) / len(rates) < 9


def test_nothing_impossible_leaves_the_generator(patients: list[Patient]) -> None:
    """Nor anything that the server would refuse."""
    for patient in patients:
        for encounter in patient.encounters():
            of = values(encounter)
            assert all(low <= of.get(name, low) <= high for name, (low, high) in LIMITS.items())
            if "sbp_mmhg" in of:
                assert 0 < of["dbp_mmhg"] < of["sbp_mmhg"]
            if completed_months(patient.birthdate, encounter.time.date()) >= 240:
                assert of["height_cm"] >= 130


def test_narrower_limits_of_a_server_are_kept_and_the_resampled_counted() -> None:
    """By drawing again, not by cutting off."""
    made = cohort(300, limits={**LIMITS, "weight_kg": (0.0, 60.0)})
    weights = [
        values(encounter)["weight_kg"] for p in everybody(made) for encounter in p.encounters()
    ]
    assert max(weights) <= 60
    assert sum(weight == 60 for weight in weights) < 5
    assert made.resampled > 50
    assert made.resampled == len(made.resampled_numbers)
    usual = cohort(300)
    everybody(usual)
    assert usual.resampled < 10


def test_what_the_surveys_do_not_measure_is_left_out(patients: list[Patient]) -> None:
    """Pressure under three years, the arm under two months, the head from seven on."""
    for patient in patients:
        for encounter in patient.encounters():
            months = (encounter.time.date() - patient.birthdate).days / (365.25 / 12)
            missing = set(MEASUREMENTS) - values(encounter).keys()
            expected = {"sbp_mmhg", "dbp_mmhg"} if months < 36 else set()
            expected |= {"muac_cm"} if months < 2 else set()
            expected |= {"head_circ_cm"} if months >= 7 else set()
            assert missing == expected, (months, missing)


def test_given_people_come_as_they_are() -> None:
    """In their order, as old at the last visit as the file says."""
    people = (
        GivenPerson("F", None, 24),
        GivenPerson("M", None, 0),
        GivenPerson("F", date(1950, 2, 28), given_name="Wanja", family_name="Mwea"),
        GivenPerson("M", None, 1000),
        *(GivenPerson("F", None, 0) for _ in range(60)),
    )
    for visits in ((1, 1), (1, 6)):
        made = everybody(cohort(64, people=people, visits=visits))
        assert [patient.sex for patient in made[:4]] == ["F", "M", "F", "M"]
        assert made[2].birthdate == date(1950, 2, 28)
        assert (made[2].given_name, made[2].family_name) == ("Wanja", "Mwea")
        for patient, person in zip(made, people, strict=True):
            last = list(patient.encounters())[-1].time.date()
            if person.age_months is not None:
                assert completed_months(patient.birthdate, last) == person.age_months


@settings(max_examples=15, deadline=None)
@given(
    st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    st.integers(0, 2**63 - 1),
    st.sampled_from(["kenya", "us"]),
    st.tuples(st.integers(1, 4), st.integers(0, 8)).map(lambda t: (t[0], t[0] + t[1])),
)
def test_any_request_gives_patients_within_it(
    as_of: date, seed: int, population: str, visits: tuple[int, int]
) -> None:
    """Leap days, ends of months and years, changes of the clock included."""
    asked = replace(REQUEST, as_of=as_of, seed=seed, population=population, visits=visits)
    for patient in everybody(GeneratedCohort(asked, 20)):
        assert patient.birthdate < as_of
        assert 1 <= len(patient.visits) <= visits[1]
        for visit in patient.visits:
            assert visit.start < visit.stop
            assert visit.start.date() < as_of


def by_age(name: str, *spans: Span) -> GeneratedCohort:
    """Return a cohort for a server whose limits of a measurement depend on age and sex."""
    return cohort(600, ages={name: spans})


def test_limits_by_age_hold_at_the_age_of_each_visit() -> None:
    """A server refuses a child for what it takes of an adult."""
    spans = (
        Span("FMOU", 0, 59, 60, 170),
        Span("F", 60, 10_000, 45, 100),
        Span("MOU", 60, 10_000, 40, None),
    )
    made = by_age("pulse_bpm", *spans)
    seen = 0
    for patient in everybody(made):
        for encounter in patient.encounters():
            months = completed_months(patient.birthdate, encounter.time.date())
            (span,) = (one for one in spans if one.holds(patient.sex, months))
            pulse = values(encounter)["pulse_bpm"]
            assert (span.low or 0) <= pulse <= (span.high or 230)
            seen += pulse > 100
    assert seen > 50
    assert made.resampled > 50


def test_without_limits_by_age_the_patients_are_what_they_were() -> None:
    """And with some that refuse nobody the values are the same people's in other patients."""
    assert cohort(ages={}).fingerprint == cohort().fingerprint
    assert by_age("pulse_bpm", Span("FM", 0, 10_000, 0, None)).fingerprint != cohort().fingerprint


def test_limits_by_age_that_leave_no_value_are_named() -> None:
    """In place of drawing for ever."""
    made = by_age("height_cm", Span("FM", 0, 10_000, 10, 20))
    with pytest.raises(InputError, match="limits of height_cm, 10 to 272, and less by age or sex,"):
        everybody(made)


def test_who_is_known_by_years_is_of_any_month_of_them() -> None:
    """Not all on their birthdays, and none of another age."""
    given = tuple(GivenPerson("F", age_years=age) for age in (0, 1, 30) for _ in range(200))
    made = everybody(cohort(600, people=given, illness="none", visits=(1, 1)))
    for age, of_age in zip((0, 1, 30), (made[:200], made[200:400], made[400:]), strict=True):
        last = [p.visits[-1].encounters[0].time.date() for p in of_age]
        months = [completed_months(p.birthdate, d) for p, d in zip(of_age, last, strict=True)]
        assert {m // 12 for m in months} == {age}
        assert len({m % 12 for m in months}) == 12


def test_what_a_user_says_of_people_stands_in_the_arrays() -> None:
    """In each part, beside who they are."""
    given = tuple(
        GivenPerson("F", date(1990, 1, 1), is_estimated=n % 2 == 0, own_id=f"id-{n}")
        for n in range(300)
    )
    made = cohort(300, people=given, illness="none", visits=(1, 1))
    for number in (1, 256, 257, 300):
        (patient,) = made.patients([number])
        assert [one.value for one in patient.identifiers] == [f"id-{number - 1}"]
        assert patient.is_birthdate_estimated == (number % 2 == 1)
    plain = cohort(300, people=tuple(p._replace(own_id="", is_estimated=False) for p in given))
    other = cohort(300, people=given)
    assert plain.fingerprint == other.fingerprint  # an id changes nobody's vitals
