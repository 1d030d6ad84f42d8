"""How patients stay themselves over time. By hand: python -m tests.bench.trajectory [--plot FILE].

Prints the correlation of a measurement with itself years apart beside its published target, and
counts heights that were lost; the plot shows the growth of twenty children.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bridge.chart import MEASUREMENTS
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.normals import normals
from bridge.mapping.loading import load_mapping
from bridge.synthesis.triage import ROUTINE
from bridge.synthesis.vitals import Visits, Vitals

PEOPLE = 8_000
ADULT_YEARS = np.array([45.0, 46.0, 51.0, 57.0])

TARGETS = {
    "height_cm": (1.0, 1.0, 1.0),
    "bmi": (0.965, 0.90, 0.83),
    "sbp_mmhg": (None, 0.71, 0.62),
    "dbp_mmhg": (None, 0.62, 0.50),
    "pulse_bpm": (None, 0.50, 0.45),
}
"""Framingham teaching set, 4,434 adults, 6 and 12 years apart; body mass index also at one."""


def measured(vitals: Vitals, years: Floats, people: int, seed: int) -> Floats:
    """Return (people, V, M) routine measurements at the ages `years` (V,), half of them women's."""
    stream = np.random.default_rng(seed)
    visits = Visits(
        count=np.full(people, len(years)),
        sex=np.resize(["F", "M"], people),
        months=np.tile(years * 12, (people, 1)),
        triage=np.full((people, len(years)), ROUTINE),
    )
    values, _ = vitals.measure(
        visits, lambda some, shape: normals(stream.random((np.count_nonzero(some), *shape)))
    )
    return values


def correlations(vitals: Vitals) -> Iterator[tuple[str, int, float | None, float]]:
    """Yield measurement, years apart, target and what the generator has."""
    values = measured(vitals, ADULT_YEARS, PEOPLE, 1)
    of = {name: values[..., k] for k, name in enumerate(MEASUREMENTS)}
    of["bmi"] = of["weight_kg"] / (of["height_cm"] / 100) ** 2
    women = np.resize([True, False], PEOPLE)
    for name, targets in TARGETS.items():
        for place, target in enumerate(targets, start=1):
            pairs = [of[name][some][:, [0, place]] for some in (women, ~women)]
            found = np.mean([np.corrcoef(pair.T)[0, 1] for pair in pairs])
            yield name, round(ADULT_YEARS[place] - ADULT_YEARS[0]), target, float(found)


def lost_heights(vitals: Vitals) -> dict[str, int]:
    """Count children and adults, of 2,000 each, who are shorter at a later visit."""
    height = MEASUREMENTS.index("height_cm")
    ages = {"children": np.arange(0.1, 20, 0.5), "adults": np.arange(20.0, 40, 2.0)}
    return {
        who: int((np.diff(measured(vitals, years, 2_000, 2)[..., height]) < 0).any(axis=1).sum())
        for who, years in ages.items()
    }


def draw_growth(vitals: Vitals, place: Path) -> None:
    """Draw the heights and weights of twenty children from birth to 20 years."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    years = np.arange(0.1, 20.01, 0.25)
    values = measured(vitals, years, 20, 3)
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 5))
    for axis, name in zip(axes, ("height_cm", "weight_kg"), strict=True):
        for person, curve in enumerate(values[..., MEASUREMENTS.index(name)]):
            axis.plot(years, curve, lw=1, color=("#d55e00", "#0072b2")[person % 2])
        axis.set(xlabel="age (years)", ylabel=name.replace("_", " "))
    figure.suptitle("Twenty children (ten girls, orange) from birth to 20 years")
    figure.savefig(place, dpi=110)


def main() -> None:
    """Print the table; write it as JSON and draw if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trajectory")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    limits = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
    vitals = Vitals(load_model("population"), load_model("illness"), limits)
    rows = list(correlations(vitals))
    for name, apart, target, found in rows:
        print(f"{name:12} {apart:2} years  target {target or '-':>5}  generated {found:.3f}")
    lost = lost_heights(vitals)
    print(f"shorter at a later visit: {lost}")
    if given.plot:
        draw_growth(vitals, given.plot)
    if given.json:
        given.json.write_text(json.dumps({"correlations": rows, "shorter": lost}))


if __name__ == "__main__":
    main()
