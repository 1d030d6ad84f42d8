"""Patients made by hand, for tests that are not about making them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bridge.identity import fingerprint, part_uuid, patient_uuid
from bridge.records import Address, Encounter, Measurement, Patient, Visit

VALUES = {
    "height_cm": 160.5,
    "weight_kg": 60.1,
    "muac_cm": 25.5,
    "sbp_mmhg": 120.0,
    "dbp_mmhg": 80.0,
    "pulse_bpm": 72.0,
    "temperature_c": 36.84,
    "resp_rate_bpm": 16.0,
    "spo2_pct": 97.0,
}


def make_visit(owner: str, place: int, values: dict[str, float] = VALUES) -> Visit:
    """Make a visit with one encounter, a week after the one before."""
    uuid = part_uuid(owner, f"visit/{place}")
    encounter = part_uuid(uuid, "vitals")
    start = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(weeks=place)
    return Visit(
        uuid=uuid,
        start=start,
        stop=start + timedelta(hours=1),
        encounters=(
            Encounter(
                uuid=encounter,
                time=start + timedelta(minutes=10),
                measurements=tuple(
                    Measurement(uuid=part_uuid(encounter, name), name=name, value=value)
                    for name, value in values.items()
                ),
            ),
        ),
    )


def make_patient(number: int = 1, *, seed: int = 1, visits: int = 2) -> Patient:
    """Make a patient with visits."""
    uuid = patient_uuid(fingerprint({"seed": seed}), number)
    return Patient(
        number=number,
        uuid=uuid,
        sex="F" if number % 2 else "M",
        birthdate=date(1990, 1, 1) + timedelta(days=number),
        given_name="Amina",
        family_name="Otieno",
        address=Address(city_village="Eldoret", state_province="Uasin Gishu", country="Kenya"),
        visits=tuple(make_visit(uuid, place) for place in range(visits)),
    )


class HandmadeCohort:
    """A cohort of patients made by hand."""

    redrawn = 0

    def __init__(self, count: int, *, seed: int = 1, visits: int = 2) -> None:
        self.count = count
        self.inputs: dict[str, Any] = {"seed": seed}
        self._seed = seed
        self._visits = visits

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        return (make_patient(n, seed=self._seed, visits=self._visits) for n in numbers)
