"""Patients made by hand, for tests that are not about making them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from bridge.chart import MEASUREMENTS, Address, Encounter, Measurement, Patient, Visit
from bridge.identity import NAMESPACE, part_uuid
from bridge.patient_arrays import PatientArrays, Times, Uuids

VALUES = {
    "height_cm": 160.5,
    "weight_kg": 60.1,
    "muac_cm": 25.5,
    "sbp_mmhg": 120.0,
    "dbp_mmhg": 80.0,
    "pulse_bpm": 72.0,
    "temperature_c": 36.8,
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
                entries=tuple(
                    Measurement(uuid=part_uuid(encounter, name), name=name, value=value)
                    for name, value in values.items()
                ),
            ),
        ),
    )


def make_patient(number: int = 1, *, seed: int = 1, visits: int = 2) -> Patient:
    """Make a patient with visits."""
    uuid = part_uuid(str(NAMESPACE), f"{seed}/{number}")
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


def make_batch(patients: Sequence[Patient]) -> PatientArrays:
    """Lay patients with one encounter at each visit out in arrays."""
    visits = [visit for patient in patients for visit in patient.visits]
    taken = [visit.encounters[0] for visit in visits]
    parts = [
        [
            visit.uuid,
            encounter.uuid,
            *(_of(encounter, name, "uuid", NONE) for name in MEASUREMENTS),
        ]
        for visit, encounter in zip(visits, taken, strict=True)
    ]
    values = [[_of(one, name, "value", np.nan) for name in MEASUREMENTS] for one in taken]
    return PatientArrays(
        first=patients[0].number if patients else 1,
        resampled=np.zeros(len(patients), dtype=bool),
        uuids=_bytes([patient.uuid for patient in patients]),
        sex=np.array([patient.sex for patient in patients], dtype=str),
        birthdate=np.array([patient.birthdate for patient in patients], dtype="M8[D]"),
        given_name=np.array([patient.given_name for patient in patients], dtype=object),
        family_name=np.array([patient.family_name for patient in patients], dtype=object),
        address=np.array(
            [[getattr(patient.address, part, None) for part in PLACES] for patient in patients],
            dtype=object,
        ).reshape(-1, 3),
        count=np.array([len(patient.visits) for patient in patients], dtype=np.int64),
        start=_times([visit.start for visit in visits]),
        time=_times([encounter.time for encounter in taken]),
        stop=_times([visit.stop for visit in visits]),
        values=np.array(values, dtype=float).reshape(-1, len(MEASUREMENTS)),
        part_uuids=_bytes([uuid for row in parts for uuid in row]).reshape(
            -1, 2 + len(MEASUREMENTS), 16
        ),
    )


PLACES = ("city_village", "state_province", "country")
NONE = str(UUID(int=0))


def _of(encounter: Encounter, name: str, what: str, otherwise: Any) -> Any:
    return next((getattr(m, what) for m in encounter.measurements if m.name == name), otherwise)


def _bytes(uuids: list[str]) -> Uuids:
    return np.frombuffer(b"".join(UUID(one).bytes for one in uuids), np.uint8).reshape(-1, 16)


def _times(times: list[datetime]) -> Times:
    east = [int((time.utcoffset() or timedelta()).total_seconds()) for time in times]
    local = [time.replace(tzinfo=None) for time in times]
    return Times(np.array(local, dtype="M8[s]"), np.array(east, dtype=np.int64))


class HandmadeCohort:
    """A cohort of patients made by hand."""

    resampled = 0

    def __init__(self, count: int, *, seed: int = 1, visits: int = 2) -> None:
        self.count = count
        self.inputs: dict[str, Any] = {"seed": seed}
        self._seed = seed
        self._visits = visits

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        return (make_patient(n, seed=self._seed, visits=self._visits) for n in numbers)
