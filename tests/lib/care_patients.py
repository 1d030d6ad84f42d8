"""Patients to try care modules on, and whether a `when` holds of one of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.histories.care.model import Dose, Drug, DrugGiven, Span, When

COUNTRIES = ("kenya", "uganda", "nigeria", "nepal", "india", "haiti", "us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever comes to a visit."""

    years: float
    kg: float
    sex: str = "F"
    weeks: float | None = None
    step: int = 0
    country: str = "kenya"
    has: frozenset[str] = frozenset()
    measured: dict[str, float] = field(default_factory=dict)
    results: dict[str, float] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def meets(self, when: When) -> bool:
        """Tell whether all holds that `when` says."""
        spans = [(when.months, self.years * 12), (when.years, self.years), (when.kg, self.kg)]
        spans += [
            (when.weeks, self.weeks if self.weeks is not None else -1),
            (when.step, self.step),
        ]
        return (
            all(_within(span, value) for span, value in spans)
            and when.sex in (None, self.sex)
            and when.pregnant in (None, self.weeks is not None)
            and (not when.countries or self.country in when.countries)
            and (not when.has or bool(self.has & set(when.has)))
            and not self.has & set(when.has_not)
            and all(_within(s, self.measured.get(k, 1e9)) for k, s in when.measured.items())
            and all(_within(s, self.results.get(k, 1e9)) for k, s in when.results.items())
            and all(self.answers.get(k, "") in v for k, v in when.answers.items())
            and when.allergic is None
        )

    def dose_of(self, drug: Drug) -> Dose | None:
        """Return the dose that holds for this one."""
        if any(self.meets(when) for when in drug.contraindicated):
            return None
        return next((dose for dose in drug.doses if self.meets(dose.when)), None)

    def gets(self, given: tuple[DrugGiven, ...], drugs: dict[str, Drug]) -> dict[str, Dose]:
        """Return the drugs of a visit that have a dose for this one, by key."""
        doses = {one.drug: self.dose_of(drugs[one.drug]) for one in given if self.meets(one.when)}
        return {key: dose for key, dose in doses.items() if dose}


def _within(span: Span | None, value: float) -> bool:
    return span is None or span[0] <= value < span[1]


def people(rng: random.Random, count: int) -> Iterator[Person]:
    """Yield people of all ages, of 3 to 120 kg, some pregnant, some with other illnesses."""
    others = ("hypertension", "diabetes", "hiv", "tuberculosis", "ckd", "asthma", "antenatal")
    for _ in range(count):
        years = rng.choice([rng.uniform(0.1, 18), rng.uniform(18, 95)])
        typical = 3.5 + 2.6 * min(years, 22) if years >= 1 else 4 + 6 * years
        sex = rng.choice("FM")
        pregnant = sex == "F" and 15 <= years < 45 and rng.random() < 0.3
        yield Person(
            years=years,
            kg=min(120.0, max(3.0, typical * rng.uniform(0.7, 1.6))),
            sex=sex,
            weeks=rng.uniform(5, 41) if pregnant else None,
            step=rng.randint(0, 9),
            country=rng.choice(COUNTRIES),
            has=frozenset(rng.sample(others, rng.choice([0, 0, 0, 1, 2]))),
        )
