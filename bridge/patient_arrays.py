"""Many patients as arrays: what files are written from, and what a Patient is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.chart import (
    MEASUREMENTS,
    Address,
    Encounter,
    Identifier,
    Measurement,
    Patient,
    Visit,
)

Whole = NDArray[np.int64]
Uuids = NDArray[np.uint8]
Dates = NDArray[np.datetime64]
Words = NDArray[np.object_]

_PARTS = {"a": "S8", "b": "S4", "c": "S4", "d": "S4", "e": "S12"}
_HEXED = np.dtype(list(_PARTS.items()))
_DASHED = np.dtype(
    {
        "names": list(_PARTS),
        "formats": list(_PARTS.values()),
        "offsets": [0, 9, 14, 19, 24],
        "itemsize": 36,
    }
)
"""A uuid's hexadecimal digits without and with dashes."""


OWN_ID = "id"
"""The type of the identifier that the user of a people file gave."""


class Times(NamedTuple):
    """Moments (m,) as the facility's clock shows them, and its seconds east of UTC then."""

    local: Dates
    east: Whole

    @property
    def utc(self) -> Dates:
        """The same moments in UTC."""
        moments: Dates = self.local - self.east.astype("m8[s]")
        return moments

    def datetimes(self) -> list[datetime]:
        """Return the moments as aware datetimes."""
        return [
            time.replace(tzinfo=timezone(timedelta(seconds=east)))
            for time, east in zip(self.local.tolist(), self.east.tolist(), strict=True)
        ]

    def some(self, rows: slice | Whole) -> "Times":
        """Return some of the moments."""
        return Times(self.local[rows], self.east[rows])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatientArrays:
    """Patients (n,), numbered on from `first`, and their visits (m,), patient by patient.

    Uuids are rows of 16 bytes. A visit has one encounter, with values (m, M) in the order of
    MEASUREMENTS, NaN where none was taken. Words may be None in an address only.
    """

    first: int
    resampled: NDArray[np.bool_]
    uuids: Uuids
    sex: NDArray[np.str_]
    birthdate: Dates
    given_name: Words
    family_name: Words
    address: Words
    """(n, 3) town, province and country."""
    count: Whole
    """(n,) visits of each patient."""
    start: Times
    time: Times
    """When vitals are taken."""
    stop: Times
    values: NDArray[np.float64]
    part_uuids: Uuids
    """(m, 2 + M, 16) of the visit, of its encounter, of each measurement."""
    own_id: Words | None = None
    """(n,) what whoever gave these people calls them, empty where they do not."""
    is_estimated: NDArray[np.bool_] | None = None
    """(n,) whether a birthdate is known to the year or month only; None: all are whole."""

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.count)

    @property
    def owner(self) -> Whole:
        """Which patient (row) each visit (m,) is of."""
        return np.repeat(np.arange(len(self)), self.count)

    @property
    def age_months(self) -> Whole:
        """Age in completed months on the day of each visit (m,)."""
        return completed_months(self.birthdate[self.owner], self.time.local.astype("M8[D]"))

    def some(self, rows: slice) -> "PatientArrays":
        """Return some of the patients, whose rows follow each other."""
        start, stop, _ = rows.indices(len(self))
        ends = np.concatenate([[0], np.cumsum(self.count)])
        visits = slice(int(ends[start]), int(ends[stop]))
        return PatientArrays(
            first=self.first + start,
            resampled=self.resampled[rows],
            uuids=self.uuids[rows],
            sex=self.sex[rows],
            birthdate=self.birthdate[rows],
            given_name=self.given_name[rows],
            family_name=self.family_name[rows],
            address=self.address[rows],
            count=self.count[rows],
            start=self.start.some(visits),
            time=self.time.some(visits),
            stop=self.stop.some(visits),
            values=self.values[visits],
            part_uuids=self.part_uuids[visits],
            own_id=None if self.own_id is None else self.own_id[rows],
            is_estimated=None if self.is_estimated is None else self.is_estimated[rows],
        )

    def patients(self) -> Iterator[Patient]:
        """Yield the patients, each made when it is asked for."""
        return (self.some(slice(row, row + 1))._patient() for row in range(len(self)))

    def _patient(self) -> Patient:
        """Return the only patient."""
        place = self.address[0]
        own = "" if self.own_id is None else self.own_id[0]
        return Patient(
            number=self.first,
            uuid=uuid_text(self.uuids)[0].decode(),
            sex="F" if self.sex[0] == "F" else "M",
            birthdate=self.birthdate[0].item(),
            given_name=self.given_name[0],
            family_name=self.family_name[0],
            address=Address(**dict(zip(_PLACES, place, strict=True))) if any(place) else None,
            visits=tuple(self._visits()),
            is_birthdate_estimated=self.is_estimated is not None and bool(self.is_estimated[0]),
            identifiers=(Identifier(value=own, type=OWN_ID),) if own else (),
        )

    def _visits(self) -> Iterator[Visit]:
        times = (times.datetimes() for times in (self.start, self.time, self.stop))
        uuids = uuid_text(self.part_uuids).astype(str).tolist()
        for start, time, stop, (visit, encounter, *parts), values in zip(
            *times, uuids, self.values.tolist(), strict=True
        ):
            measurements = tuple(
                Measurement(uuid=uuid, name=name, value=value)
                for uuid, name, value in zip(parts, MEASUREMENTS, values, strict=True)
                if value == value  # NaN: not measured
            )
            taken = Encounter(uuid=encounter, time=time, entries=measurements)
            yield Visit(uuid=visit, start=start, stop=stop, encounters=(taken,))


_PLACES = ("city_village", "state_province", "country")


def completed_months(birth: Dates, day: Dates) -> Whole:
    """Return ages in completed months."""
    born, seen = birth.astype("M8[M]"), day.astype("M8[M]")
    not_yet = day - seen.astype("M8[D]") < birth - born.astype("M8[D]")
    months: Whole = (seen - born).astype(np.int64) - not_yet
    return months


def uuid_text(uuids: Uuids) -> NDArray[np.bytes_]:
    """Return uuids (..., 16) as text (...,), 36 bytes each."""
    hexed = np.frombuffer(uuids.tobytes().hex().encode(), dtype=_HEXED)
    text = np.full((len(hexed), 36), ord("-"), dtype=np.uint8)
    dashed = text.view(_DASHED).ravel()
    for part in _PARTS:
        dashed[part] = hexed[part]
    return text.view("S36").reshape(uuids.shape[:-1])
