"""Encounters and lonely entries, as visits that do not overlap."""

from pathlib import Path

from tests.lib.fhir import encounter, observation, of_visit, patient, read

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def test_an_encounter_is_a_visit_with_its_encounter(tmp_path: Path) -> None:
    """And one within it an encounter of that visit, under its own id."""
    made, _ = read(tmp_path, patient(), encounter(A), observation())
    assert [visit.uuid for visit in made.visits] == [A]
    within = encounter(B, end=None, partOf={"reference": f"Encounter/{A}"})
    lying = {**observation(), "encounter": {"reference": f"urn:uuid:{B}"}}
    made, _ = read(tmp_path, patient(), encounter(A), within, lying)
    ((visit,), (met,)) = (made.visits, made.encounters())
    assert (visit.uuid, met.uuid, len(met.entries)) == (A, B, 1)


def test_contacts_of_one_day_and_place_are_one_visit(tmp_path: Path) -> None:
    """Also such as overlap or touch; another day or another place is another visit."""
    morning = encounter(A, "2024-03-05T08:00:00Z", "2024-03-05T09:00:00Z")
    noon = encounter(B, "2024-03-05T12:00:00Z", "2024-03-05T12:30:00Z")
    made, _ = read(tmp_path, patient(), noon, morning)
    (visit,) = made.visits
    assert (visit.uuid, visit.start.hour, visit.stop and visit.stop.hour) == (A, 8, 12)
    assert len(visit.encounters) == 2
    places = ({"location": [{"location": {"display": name}}]} for name in "xy")
    apart = [{**one, **place} for one, place in zip((morning, noon), places, strict=True)]
    made, _ = read(tmp_path, patient(), *apart)
    assert len(made.visits) == 2
    touching = encounter(B, "2024-03-05T09:00:00Z", "2024-03-06T09:00:00Z")
    made, _ = read(tmp_path, patient(), morning, touching)
    assert len(made.visits) == 1


def test_a_hospital_stay_is_a_visit_with_an_admission(tmp_path: Path) -> None:
    """By its class."""
    stay = encounter(
        A, "2024-03-05T08:00:00Z", "2024-03-09T08:00:00Z", **{"class": {"code": "IMP"}}
    )
    made, _ = read(tmp_path, patient(), stay)
    assert (made.visits[0].kind, made.visits[0].encounters[0].kind) == ("inpatient", "admission")


def test_an_observation_of_another_day_is_of_that_day(tmp_path: Path) -> None:
    """In an encounter and a visit of its own; one within the visit keeps its time."""
    before = observation("o1", effectiveDateTime="2024-03-01T08:00:00-05:00")
    later = observation("o2", effectiveDateTime="2024-03-05T10:20:00-05:00")
    made, _ = read(tmp_path, patient(), encounter(), before, later)
    first, second = made.encounters()
    assert (first.time.day, first.entries[0].source) == (1, "Observation/o1")
    assert getattr(second.entries[0], "time").minute == 20  # noqa: B009


def test_an_entry_without_an_encounter_gets_one_on_its_day(tmp_path: Path) -> None:
    """Whose uuid stays the same when the file is read again."""
    lonely = {**observation(), "encounter": {}}
    made, _ = read(tmp_path, patient(), lonely)
    again, _ = read(tmp_path, patient(), lonely)
    assert made.visits == again.visits
    assert len(made.visits) == 1


def test_an_open_visit_goes_on_only_as_the_last(tmp_path: Path) -> None:
    """An encounter in progress has no end; one that is over ends with what was done in it."""
    now = encounter(A, end=None, status="in-progress")
    made, _ = read(tmp_path, patient(), now)
    assert made.visits[0].stop is None
    over = encounter(A, end=None)
    procedure = of_visit(
        "Procedure",
        "p",
        status="completed",
        code={"text": "Suture"},
        performedDateTime="2024-03-05T11:00:00-05:00",
    )
    procedure["encounter"] = {"reference": f"Encounter/{A}"}
    made, _ = read(tmp_path, patient(), over, procedure)
    assert made.visits[0].stop and made.visits[0].stop.hour == 11
