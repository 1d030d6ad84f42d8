"""What charts say beyond the record, as columns: times, ranks, reasons, ends of drugs, deaths."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.package import drugs
from bridge.patient_arrays import Times, Whole
from bridge.synthesis.care_arrays import CareArrays
from bridge.synthesis.care_codes import times_a_day
from bridge.synthesis.clinic_hours import MINUTES_AFTER

SLOT_MINUTES: Final = 15
FIRST_SLOT: Final = 8 * 60
SLOTS: Final = 30
"""Appointments are every quarter of an hour from eight o'clock on (a choice)."""

NOT_TOLD: Final = -1


class Orders(NamedTuple):
    """Prescriptions (k,), in the order of the record's."""

    visit: Whole
    start: Times
    days: Floats
    quantity: Floats
    """In whole units of the dose; NaN where it is not told how often a drug is taken."""
    stopped: Times
    """NaT of those that were taken to their end."""
    reason: Whole
    """(k,) the row among the diagnoses that each is for; NOT_TOLD where there is none."""


class Died(NamedTuple):
    """One patient's death; `cause` is a code as a module writes it, or empty."""

    row: int
    time: datetime
    cause: str


def encounter_times(arrays: CareArrays, kind: str) -> Times:
    """Return when each visit's (v,) encounter of a kind is, whether there is one or not."""
    return later(arrays.vitals, MINUTES_AFTER[kind] * 60)


def later(times: Times, seconds: int) -> Times:
    """Return moments moved by some seconds."""
    return Times(times.local + np.timedelta64(seconds, "s"), times.east)


def ranks(arrays: CareArrays) -> Whole:
    """Return the rank (k,) of each diagnosis within its visit; 1 is the primary one."""
    visit = arrays.record.of[arrays.record.diagnoses.event]
    return np.arange(len(visit)) - np.searchsorted(visit, visit) + 1


def orders(arrays: CareArrays) -> Orders:
    """Return the prescriptions; one that is renewed early ends where the next begins."""
    record, rows = arrays.record, arrays.record.prescriptions
    visit = record.of[rows.event]
    start = encounter_times(arrays, "order").some(visit)
    days = np.maximum(1.0, np.round(rows.days))
    stopped = Times(np.full(len(visit), np.datetime64("NaT", "s")), start.east.copy())
    drug, _ = factorized(_products(rows.drug))
    order = np.lexsort((np.arange(len(visit)), drug, record.person[visit]))
    person = record.person[visit][order]
    again = (person[1:] == person[:-1]) & (drug[order][1:] == drug[order][:-1])
    before, after = order[:-1][again], order[1:][again]
    early = start.utc[before] + (days[before] * 86400).astype("m8[s]") >= start.utc[after]
    before, after = before[early], after[early]
    stopped.local[before] = start.local[after] - np.timedelta64(1, "s")
    stopped.east[before] = start.east[after]
    quantity = _quantities(rows.drug, rows.dose, days)
    return Orders(visit, start, days, quantity, stopped, _reasons(arrays))


AS_NEEDED_DAYS: Final = 20
"""Days for which what is taken as needed is handed out at most (a choice): an inhaler's puffs."""


def _quantities(keys: NDArray[np.object_], dose: Floats, days: Floats) -> Floats:
    """Return how much is dispensed: what is taken in so many days, in whole units."""
    which, different = factorized(keys)
    times = np.array([times_a_day(drugs()[key]) for key in different])[which]
    spared = np.array([drugs()[key].as_needed for key in different], dtype=bool)[which]
    days = np.where(spared, np.minimum(days, AS_NEEDED_DAYS), days)
    quantity: Floats = np.ceil(np.maximum(times * days, 1) * dose - 1e-9)
    return quantity


def _products(keys: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what drugs (k,) are called: two keys of the formulary may be one product."""
    return np.array([drugs()[key].name for key in keys], dtype=object)


def _reasons(arrays: CareArrays) -> Whole:
    """Return which diagnosis, the first of its event, each prescription is for."""
    found, wanted = arrays.record.diagnoses.event, arrays.record.prescriptions.event
    if not len(found):
        return np.full(len(wanted), NOT_TOLD)
    place = np.searchsorted(found, wanted)
    inside = np.minimum(place, len(found) - 1)
    return np.where(found[inside] == wanted, inside, NOT_TOLD)


def appointment_times(arrays: CareArrays) -> tuple[Times, Times]:
    """Return when appointments (k,) begin and end, by the clock of the patient's first visit."""
    rows = arrays.booked
    slot = np.arange(len(rows.person)) - np.searchsorted(rows.person, rows.person)
    number = arrays.persons.first + rows.person
    minute = FIRST_SLOT + SLOT_MINUTES * ((number - 1 + slot * 7) % SLOTS)
    of = np.searchsorted(arrays.record.person, rows.person)
    east = np.append(arrays.start.east, 0)[of]
    start = Times(rows.day.astype("M8[s]") + minute.astype("m8[m]"), east)
    return start, later(start, SLOT_MINUTES * 60)


def deaths(arrays: CareArrays) -> list[Died]:
    """Return who died, when, and of what: few, so one by one."""
    story, record = arrays.record.story, arrays.record
    found = []
    for row in np.flatnonzero(~np.isnat(story.died)).tolist():
        last = int(np.searchsorted(record.person, row, side="right")) - 1
        left = arrays.stop.some(slice(last, last + 1)).datetimes()[0]
        day: date = story.died[row].item()
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=left.tzinfo)
        time = left if left.date() == day else noon
        found.append(Died(row, max(time, left), _cause(arrays, row)))
    return found


def _cause(arrays: CareArrays, row: int) -> str:
    """Return the primary diagnosis that was made last in the module somebody died in."""
    record, events = arrays.record, arrays.record.story.events
    first, last = np.searchsorted(events.person[record.diagnoses.event], [row, row + 1])
    for place in reversed(range(int(first), int(last))):
        if events.module[record.diagnoses.event[place]] == record.story.cause[row]:
            return str(record.diagnoses.code[place])
    return ""


def factorized(
    things: NDArray[Any], key: Callable[[Any], Any] | None = None
) -> tuple[Whole, list[Any]]:
    """Return which (k,) of the different things each is, and these, in the order they come in.

    `key` tells them apart (`id` for what is costly to compare).
    """
    listed = things.tolist()
    keys = listed if key is None else list(map(key, listed))
    places: dict[Any, int] = {}
    which = [places.setdefault(one, len(places)) for one in keys]
    different: list[Any] = [None] * len(places)
    for one, place in zip(reversed(listed), reversed(which), strict=True):
        different[place] = one
    return np.array(which, dtype=np.int64), different


def moments(times: Times) -> Sequence[datetime | None]:
    """Return moments as aware datetimes, None of NaT."""
    return [
        None if time is None else time.replace(tzinfo=timezone(timedelta(seconds=east)))
        for time, east in zip(times.local.tolist(), times.east.tolist(), strict=True)
    ]
