"""Figures of countries beside what is made. By hand: python -m tests.bench.country [COUNTRY ...].

Children under five: stunting, wasting, overweight, weight at birth, anaemia. Adults: anaemia,
raised pressure, obesity. It needs the WHO growth standard and the surveys' tables, which are not
part of bridge: shared/data/clinical, or BRIDGE_TEST_SHARED.

A row is `in` where what is made lies in the published 95 % interval, `chance` where it does not but
the people made are too few to tell it from one that does, and OUT otherwise. A share without an
interval is given half a percentage point, as it is rounded, and the chance of those made.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.chart import MEASUREMENTS
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.normals import normals
from bridge.histories.care.figures.haemoglobin import anaemia_shares, haemoglobin
from bridge.histories.care.figures.prevalence import prevalence_rows
from bridge.mapping.loading import load_mapping
from bridge.synthesis.calibration import calibration_of
from bridge.synthesis.growth_standard import GrowthStandard, load_growth_standard
from bridge.synthesis.population import load_population, population_names
from bridge.synthesis.population_vitals import HIGH, HIGH_DBP, WHO_STANDARD
from bridge.synthesis.triage import ROUTINE
from bridge.synthesis.vitals import Visits, Vitals
from tests.conftest import SHARED
from tests.lib.clinical import clinical_rows

CHILDREN: Final = 20_000
ADULTS_A_BAND: Final = 5_000
BIRTHS: Final = 20_000
ROUNDING: Final = 0.5
RAISED: Final = 1.5
"""No interval of a share of raised pressure is in the file it was read from (its means have ones of
4 to 20 mmHg to either side, as 6 percentage points and more): so much is allowed (a choice)."""
GRAMS: Final = 20.0
"""Mean and SD of birth weights are given no interval: so much is allowed (a choice)."""
PREGNANT: Final = 0.07
"""Of women of 15 to 49 (a choice), who count in the published share of all of them."""

BANDS: Final = ((0, 5), (6, 11), (12, 23), (24, 35), (36, 47), (48, 59))
COUNTRY: Final = {"us": "United States"}

Rows = NDArray[np.bool_]


class Line(NamedTuple):
    """One figure: what is published (percent, or grams), and what is made of n people."""

    country: str
    what: str
    sex: str
    ages: str
    published: float | None
    half: float | None
    """Half of the published 95 % interval."""
    made: float
    people: int

    @property
    def verdict(self) -> str:
        """Say whether the two agree."""
        if self.published is None:
            return ""
        off, chance = abs(self.made - self.published), self._chance()
        half = ROUNDING if self.half is None else self.half
        if off <= half:
            return "in"
        return "chance" if off <= (half**2 + chance**2) ** 0.5 else "OUT"

    def _chance(self) -> float:
        share = min(max((self.published or 0) / 100, 1 / self.people), 1 - 1 / self.people)
        return float(196 * (share * (1 - share) / self.people) ** 0.5)


class Country:
    """People of one population, made as a load makes them: each is measured once, in health."""

    def __init__(self, name: str, standard: GrowthStandard, seed: int) -> None:
        self.name = name
        self.population = load_population(name)
        population = load_model("population")
        limits = {key: of.plausible for key, of in load_mapping(None).measurements.items()}
        calibration = calibration_of(self.population, population)
        self._vitals = Vitals(population, load_model("illness"), limits, calibration)
        self._standard = standard
        self._stream = np.random.default_rng(seed)

    def measured(self, sex: NDArray[np.str_], months: Floats) -> dict[str, Floats]:
        """Return values (n,) by measurement of n people."""
        count = len(months)
        visits = Visits(
            count=np.ones(count, dtype=np.int64),
            sex=sex,
            months=months[:, None],
            triage=np.full((count, 1), ROUTINE),
        )
        values, _ = self._vitals.measure(
            visits,
            lambda some, shape: normals(self._stream.random((np.count_nonzero(some), *shape))),
        )
        of = dict(zip(MEASUREMENTS, values[:, 0].T, strict=True))
        of["bmi"] = of["weight_kg"] / (of["height_cm"] / 100) ** 2
        return of

    def lines(self, children: int) -> Iterator[Line]:
        """Yield every figure of the country."""
        yield from self._growth(children)
        yield from self._births()
        yield from self._anaemia(children)
        yield from self._adults()

    def _growth(self, count: int) -> Iterator[Line]:
        sex = self._sexes(count)
        months = self._stream.uniform(0.23, 60.0, count)  # the youngest patient is a week old
        of = self.measured(sex, months)
        height, weight = of["height_cm"], of["weight_kg"]
        tall = self._standard.height_for_age(sex, months, height)
        fat = self._standard.weight_for_height(sex, months, height, weight)
        published = published_children(self.name)
        found = {
            "stunting (HAZ < -2)": tall < -2,
            "wasting (WHZ < -2)": fat < -2,
            "overweight (WHZ > +2)": fat > 2,
        }
        for what, cases in found.items():
            for one in ("F", "M", "both"):
                for first, last in (*BANDS, (0, 59)):
                    some = (months >= first) & (months < last + 1)
                    some &= np.ones(count, dtype=bool) if one == "both" else sex == one
                    key = (what, one, first, last)
                    yield self._share(
                        what, one, f"{first}-{last} months", cases[some], published.get(key)
                    )
        yield from self._arms(of["muac_cm"], months, fat < -2)

    def _arms(self, arms: Floats, months: Floats, wasted: Rows) -> Iterator[Line]:
        """Of arms nothing is published by country: they are shown, as they follow the weight."""
        some = months >= 6
        for who, rows in (("wasted", some & wasted), ("not wasted", some & ~wasted)):
            what = f"arm under 12.5 cm, of the {who}"
            yield self._share(what, "both", "6-59 months", arms[rows] < 12.5, None)

    def _births(self) -> Iterator[Line]:
        vitals = self.population.vitals
        weight = self.measured(self._sexes(BIRTHS), np.zeros(BIRTHS))["weight_kg"] * 1000
        published: tuple[float | None, float | None] = (None, None)
        if vitals is not None and vitals.children is not None:
            published = vitals.children.birth_weight_g.mean, vitals.children.birth_weight_g.sd
        for what, value, made in zip(
            ("mean", "SD"), published, (weight.mean(), weight.std()), strict=True
        ):
            yield Line(
                self.name,
                f"birth weight, {what}, g",
                "both",
                "birth",
                value,
                GRAMS,
                float(made),
                BIRTHS,
            )
        yield self._share("birth weight under 2500 g", "both", "birth", weight < 2500, None)

    def _anaemia(self, count: int) -> Iterator[Line]:
        shares = {row.group: row.percent for row in anaemia_shares() if row.population == self.name}
        none = np.zeros(count, dtype=bool)
        sex, months = self._sexes(count), self._stream.uniform(6, 60, count)
        values = np.round(self._haemoglobin(sex, months, none), 1)
        yield self._share(
            "anaemia (Hb < 11)", "both", "6-59 months", values < 11, (shares["child"], None)
        )
        limits = np.where(months < 24, 10.5, 11.0)
        yield self._share("anaemia (WHO 2024)", "both", "6-59 months", values < limits, None)
        grown = self._stream.uniform(186, 600, count)
        pregnant = self._stream.random(count) < PREGNANT
        values = np.round(self._haemoglobin(np.full(count, "F"), grown, pregnant), 1)
        found = values < np.where(pregnant, 11, 12)
        yield self._share(
            "anaemia (Hb < 12, pregnant 11)", "F", "15-49 years", found, (shares["woman"], None)
        )
        grown = np.maximum(grown, 216)
        values = np.round(self._haemoglobin(np.full(count, "M"), grown, none), 1)
        yield self._share(
            "anaemia (Hb < 13)", "M", "15-49 years", values < 13, (shares["man"], None)
        )

    def _haemoglobin(self, sex: NDArray[np.str_], months: Floats, pregnant: Rows) -> Floats:
        return haemoglobin(self.name, self._stream.standard_normal(len(sex)), sex, months, pregnant)

    def _adults(self) -> Iterator[Line]:
        edges = np.arange(20, 90, 5)
        count = ADULTS_A_BAND * len(edges)
        for sex in ("F", "M"):
            first = np.repeat(edges, ADULTS_A_BAND)
            years = first + 5 * self._own_age(first, sex)
            of = self.measured(np.full(count, sex), np.minimum(years, 89.99) * 12)
            raised = (of["sbp_mmhg"] >= HIGH["sbp_mmhg"]) | (of["dbp_mmhg"] >= HIGH_DBP)
            obese = of["bmi"] >= HIGH["bmi"]
            for edge in edges:
                some, ages = first == edge, f"{edge}-{edge + 4} years"
                share = _published(self.name, "raised_pressure", sex, int(edge))
                yield self._share(
                    "raised pressure (140/90)", sex, ages, raised[some], (share, RAISED)
                )
                yield self._share("obesity (BMI >= 30)", sex, ages, obese[some], None)
            weights = np.repeat(WHO_STANDARD, 5)[np.minimum(years, 89).astype(int)]
            made = 100 * float(np.average(obese, weights=weights))
            share, what = _published(self.name, "obesity", sex, 18), "obesity, age-standardised"
            yield Line(self.name, what, sex, "20-89 years", share, None, made, count)

    def _own_age(self, first: NDArray[np.int64], sex: str) -> Floats:
        """Return where in their five years people stand; the oldest band is younger than evenly."""
        places = self._stream.random(len(first))
        return np.where(first == 85, places**1.5, places)

    def _sexes(self, count: int) -> NDArray[np.str_]:
        return np.where(self._stream.random(count) < 0.5, "F", "M")

    def _share(
        self,
        what: str,
        sex: str,
        ages: str,
        cases: Rows,
        published: tuple[float, float | None] | None,
    ) -> Line:
        value, half = published or (None, None)
        made = 100 * float(cases.mean()) if len(cases) else float("nan")
        return Line(self.name, what, sex, ages, value, half, made, len(cases))


def _published(country: str, condition: str, sex: str, first: int) -> float:
    """Return a percentage that holds from an age on."""
    (row,) = (
        row
        for row in prevalence_rows()
        if (row.country, row.condition, row.sex, row.first) == (country, condition, sex, first)
    )
    return 100 * row.share


Published = dict[tuple[str, str, int, int], tuple[float, float | None]]


def published_children(name: str) -> Published:
    """Return the shares of the survey that a population's children are moved by."""
    rows = clinical_rows("children_growth.csv")
    country = COUNTRY.get(name, name.title())
    own = [row for row in rows if row["country"] == country and row["unit"] == "% of children"]
    vitals = load_population(name).vitals
    found: Published = {}
    if vitals is None or vitals.children is None:
        chosen = [row for row in own if row["se"]]
    else:
        wasting = vitals.children.wasting
        found["wasting (WHZ < -2)", "both", 0, 59] = wasting.percent, 1.96 * wasting.error
        first = vitals.children.of("F")[0].stunting
        chosen = [row for row in own if row["year"] in _years(own, first.percent, first.n)]
    for row in chosen:
        if row["n"]:
            key = (
                row["measure"],
                row["sex"],
                int(row["age_from_months"]),
                int(row["age_to_months"]),
            )
            half = 1.96 * float(row["se"]) if row["se"] else 300 / float(row["n"])
            found[key] = float(row["value"]), half
    return found


def _years(rows: list[dict[str, str]], percent: float, count: int) -> set[str]:
    """Tell which survey the figures of a population are of: its youngest girls'."""
    return {
        row["year"]
        for row in rows
        if row["sex"] == "F" and row["age_to_months"] == "5" and row["n"] == str(count)
        if float(row["value"]) == percent
    }


def show(lines: list[Line]) -> None:
    """Print a table, and how many figures agree."""
    print(
        f"{'country':8} {'figure':38} {'sex':4} {'ages':13} {'published':>16} {'made':>8} {'n':>6}"
    )
    for line in lines:
        half = "" if line.half is None else f" ± {line.half:.1f}"
        published = "" if line.published is None else f"{line.published:.1f}{half}"
        print(
            f"{line.country:8} {line.what:38} {line.sex:4} {line.ages:13} {published:>16} "
            f"{line.made:8.1f} {line.people:6} {line.verdict}"
        )
    print()
    for country in dict.fromkeys(line.country for line in lines):
        for what in dict.fromkeys(line.what for line in lines):
            found = Counter(
                line.verdict for line in lines if (line.country, line.what) == (country, what)
            )
            if judged := {key: found[key] for key in ("in", "chance", "OUT") if found[key]}:
                words = ", ".join(f"{number} {key}" for key, number in judged.items())
                print(f"{country:8} {what:38} {words}")


def main() -> None:
    """Make the countries that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("countries", nargs="*", default=population_names())
    parser.add_argument("--children", type=int, default=CHILDREN)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    standard = load_growth_standard(SHARED / "data" / "clinical" / "who_growth_lms.csv")
    lines = [
        line
        for name in asked.countries
        for line in Country(name, standard, asked.seed).lines(asked.children)
    ]
    show(lines)
    if asked.json:
        rows = [line._asdict() | {"verdict": line.verdict} for line in lines]
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
