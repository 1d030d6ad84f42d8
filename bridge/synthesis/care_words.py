"""The words that notes' phrases are filled with: a visit's numbers, drugs and dates, as columns."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from bridge.histories.care.package import drugs as formulary
from bridge.histories.care.package import tests as laboratory
from bridge.histories.care.randomness import uniforms
from bridge.patient_arrays import Whole
from bridge.synthesis.care_arrays import CareArrays
from bridge.synthesis.care_columns import factorized

_ILL_DAYS: Final = (2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7)
"""How long people were ill before they came, in days (a choice)."""

UNKNOWN: Final = "?"
"""What stands for a word that is missing, which is a mistake of the module."""

UNMEASURED: Final = "not recorded"

_MEASURED: Final = {
    "temperature": ("temperature_c", "{:.1f} C"),
    "pulse": ("pulse_bpm", "{:.0f}/min"),
    "breaths": ("resp_rate_bpm", "{:.0f}/min"),
    "spo2": ("spo2_pct", "{:.0f} %"),
    "weight": ("weight_kg", "{:.1f} kg"),
    "height": ("height_cm", "{:.0f} cm"),
    "muac": ("muac_cm", "{:.1f} cm"),
}
_PRONOUNS: Final = {"he": ("he", "she"), "him": ("him", "her"), "his": ("his", "her")}


class EventWords:
    """Words by name, for whichever events they are asked for."""

    def __init__(self, arrays: CareArrays) -> None:
        self._arrays = arrays
        self._record = arrays.record
        self._events = arrays.record.story.events
        self._made: dict[str, Callable[[Whole], Sequence[str]]] = {
            "days": self._ill_days,
            "age": self._age,
            "bp": self._pressure,
            "drugs": self._drugs_at,
            "next": lambda rows: list(map(_next, self._record.days_to_next[rows].tolist())),
            "weeks": self._weeks,
        }

    def of(self, name: str, rows: Whole) -> Sequence[str]:
        """Return the word (k,) of a name for events (rows)."""
        if name in self._made:
            return self._made[name](rows)
        if name in _MEASURED:
            column, form = _MEASURED[name]
            return [
                form.format(value) if value == value else UNMEASURED
                for value in self._values(column, rows)
            ]
        if name.lower() in _PRONOUNS:
            return self._pronoun(name, rows)
        return self._result(name, rows)

    def _values(self, column: str, rows: Whole) -> list[float]:
        place = list(self._record.values).index(column)
        values: list[float] = self._arrays.values[self._record.of[rows], place].tolist()
        return values

    def _pressure(self, rows: Whole) -> Sequence[str]:
        high, low = (self._values(column, rows) for column in ("sbp_mmhg", "dbp_mmhg"))
        return [
            f"{one:.0f}/{other:.0f}" if one == one and other == other else UNMEASURED
            for one, other in zip(high, low, strict=True)
        ]

    def _pronoun(self, name: str, rows: Whole) -> Sequence[str]:
        male, female = _PRONOUNS[name.lower()]
        if name[0].isupper():
            male, female = male.capitalize(), female.capitalize()
        women = self._record.story.clients.sex[self._events.person[rows]] == "F"
        return [female if woman else male for woman in women.tolist()]

    def _ill_days(self, rows: Whole) -> Sequence[str]:
        draws = uniforms(self._events.keys[rows], "days ill")
        return [str(_ILL_DAYS[int(draw * len(_ILL_DAYS))]) for draw in draws.tolist()]

    def _age(self, rows: Whole) -> Sequence[str]:
        born = self._record.story.clients.birth[self._events.person[rows]]
        return list(map(age_in_words, (self._events.day[rows] - born).astype(int).tolist()))

    def _weeks(self, rows: Whole) -> Sequence[str]:
        since = self._record.story.conceived[self._events.person[rows]]
        weeks = (self._events.day[rows] - since).astype("m8[D]")
        return [
            UNKNOWN if unknown else str(days // 7)
            for unknown, days in zip(np.isnat(since), weeks.astype(np.int64).tolist(), strict=True)
        ]

    def _result(self, name: str, rows: Whole) -> Sequence[str]:
        found = self._results.get(name, {})
        return [found.get(visit, UNKNOWN) for visit in self._record.of[rows].tolist()]

    @cached_property
    def _results(self) -> dict[str, dict[int, str]]:
        """By test, what each visit that has it found: one test serves all that a visit is for."""
        rows = self._record.results
        found: dict[str, dict[int, str]] = defaultdict(dict)
        tests = {
            key: (f"{{:.{test.decimals}f}}", in_words(test.unit))
            for key, test in laboratory().items()
        }
        for visit, key, answer, number in zip(
            self._record.of[rows.event].tolist(),
            rows.test.tolist(),
            rows.answer.tolist(),
            rows.number.tolist(),
            strict=True,
        ):
            form, unit = tests[key]
            said = answer.replace("_", " ") if answer else f"{form.format(number)} {unit}".strip()
            found[key][visit] = said
        return found

    def _drugs_at(self, rows: Whole) -> Sequence[str]:
        """Return what each event prescribes; who gets nothing for it may get something else."""
        visits = self._record.of[rows].tolist()
        return [
            self._drugs.get(row) or ("Own tablets as before" if visit in self._treated else NONE)
            for row, visit in zip(rows.tolist(), visits, strict=True)
        ]

    @cached_property
    def _treated(self) -> frozenset[int]:
        """The visits at which something is prescribed."""
        return frozenset(self._record.of[self._record.prescriptions.event].tolist())

    @cached_property
    def _drugs(self) -> Mapping[int, str]:
        """What events prescribe, of those that do."""
        rows = self._record.prescriptions
        which, keys = factorized(rows.drug)
        forms = [_drug_form(key) for key in keys]
        given: dict[int, list[str]] = defaultdict(list)
        for event, drug, dose in zip(
            rows.event.tolist(), which.tolist(), rows.dose.tolist(), strict=True
        ):
            given[event].append(forms[drug](dose))
        return {event: "; ".join(drugs) for event, drugs in given.items()}


NONE: Final = "No drugs needed"


def _drug_form(key: str) -> Callable[[float], str]:
    drug = formulary()[key]
    unit, often = drug.unit.lower(), drug.frequency.lower()
    after = f"{SHORT.get(unit, unit)} {SHORT.get(often, often)}"
    if drug.as_needed:
        after = f"{after} PRN"
    return lambda dose: f"{drug.name} {dose:g} {after}"


SHORT: Final = {
    "tablet": "tab",
    "capsule": "cap",
    "milliliter": "mL",
    "milligram": "mg",
    "once daily": "OD",
    "twice daily": "BD",
    "thrice daily": "TDS",
    "four times daily": "QDS",
    "every six hours": "6-hourly",
    "every four hours": "4-hourly",
    "every eight hours": "8-hourly",
    "every twelve hours": "12-hourly",
    "one time": "stat",
    "once daily, in the morning": "mane",
    "once daily, at bedtime": "nocte",
    "once daily, in the evening": "nocte",
}
"""How clinicians write a dose's unit and a frequency, in lower case."""


def _next(days: float) -> str:
    if np.isnan(days) or days < 1:
        return "if not better"
    if days == 1:
        return "tomorrow"
    if days <= 10:
        return f"in {days:.0f} days"
    if days < 70:
        weeks = round(days / 7)
        return f"in {weeks} weeks"
    return f"in {round(days / 30.44)} months"


def in_words(unit: str) -> str:
    """Return a UCUM unit as clinicians write it."""
    for written, said in (("10*3/uL", "x 10^3/uL"), ("{", ""), ("}", ""), ("[", ""), ("]", "")):
        unit = unit.replace(written, said)
    return unit


def age_in_words(days: int) -> str:
    """Return an age as clinicians write it: days, weeks, months, then years."""
    if days < 14:
        return f"{days} days"
    if days < 60:
        return f"{days // 7} weeks"
    if days < 730:
        return f"{int(days / 30.44)} months"
    return f"{int(days / 365.25)} years"
