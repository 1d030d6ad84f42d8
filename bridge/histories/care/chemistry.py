"""HbA1c, glucose, creatinine and lipids of people with and without diabetes and hypertension.

The values are those of a flow (`flows/shipped/labs`) fitted to NHANES; a person's own level lasts
from visit to visit, as the vitals' does. Triglycerides and LDL are not in the data.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.flows.trajectory import Persistence, trajectories

CHEMISTRY: Final = (
    "hba1c_pct",
    "glucose_serum_mgdl",
    "creatinine_mgdl",
    "total_chol_mgdl",
    "hdl_mgdl",
)
"""What is made, in the order of the normal scores: %, and mg/dL."""

FROM_MONTHS: Final = 144.0
"""Nobody under 12 years is measured in the survey."""

ASKED_FROM_MONTHS: Final = 192.0
"""Hypertension is asked for from 16 years on."""

# `at_once` leaves a person the variation that was found within people from one day to another,
# given the flow's spread at one age (log SD: HbA1c .09 without diabetes and .23 with it, creatinine
# .22, cholesterol .18, HDL .28); `python -m tests.bench.laboratory` shows what comes of it.
#   HbA1c        CV 1.7 % in the healthy (IQR 1.3-2.2), 8.3 % in type 2 diabetes (6-10) over any
#                time (111 studies; Gough 2023, doi 10.1371/journal.pone.0289085, abstract).
#   glucose      CV 4.7 % (3.0-5.4) fasting (EFLM Biological Variation Database, as read by others
#                on 2026-09-28); half the survey have eaten, so twice that (a choice).
#   creatinine   CV 4.4 % (2.3-4.9; same source), 5.0 % (4.7-5.4) over 37 studies
#                (doi 10.3389/fmed.2022.1009358, abstract).
#   cholesterol  CV 5.3 % (4.8-6.2), HDL 5.7 % (5.3-8.2; same source); 6.4 % and 8.0 %, assay and
#                all, in 15,810 people seen yearly (doi 10.1136/hrt.2009.172619, abstract).
# `per_year` is how the person's own level drifts.
#   cholesterol  correlation .74 at six weeks and .66 at two years in 16,281 people
#                (doi 10.1093/ije/17.4.797, abstract): .94 a year.
#   HDL          correlation .72 at six years in 614 people (Criqui 1983, Am J Epidemiol 118:52,
#                abstract): .96 a year.
#   HbA1c, glucose, creatinine: choices, for no figure was found. .92 a year for HbA1c gives a
#                person with diabetes about the 8.3 % above.
PERSISTENCE: Final[Mapping[str, Persistence]] = {
    "hba1c_pct": Persistence(0.965, 0.92),
    "glucose_serum_mgdl": Persistence(0.68, 0.92),
    "creatinine_mgdl": Persistence(0.955, 0.97),
    "total_chol_mgdl": Persistence(0.92, 0.94),
    "hdl_mgdl": Persistence(0.95, 0.96),
}


class Conversion(NamedTuple):
    """How a value becomes another unit's: times a factor, to so many decimals."""

    factor: float
    unit: str
    decimals: int


RESULTS: Final[Mapping[str, tuple[str, Conversion]]] = {
    "hba1c": ("hba1c_pct", Conversion(1.0, "%", 1)),
    "glucose": ("glucose_serum_mgdl", Conversion(1 / 18.016, "mmol/L", 1)),
    "fasting_glucose": ("glucose_serum_mgdl", Conversion(1.0, "mg/dL", 0)),
    "glucose_mgdl": ("glucose_serum_mgdl", Conversion(1.0, "mg/dL", 0)),
    "creatinine": ("creatinine_mgdl", Conversion(88.4, "umol/L", 0)),
    "creatinine_mgdl": ("creatinine_mgdl", Conversion(1.0, "mg/dL", 2)),
    "cholesterol": ("total_chol_mgdl", Conversion(1 / 38.67, "mmol/L", 2)),
    "hdl": ("hdl_mgdl", Conversion(1 / 38.67, "mmol/L", 2)),
}
"""By key of a test, which output its results are, in the test's unit (by molar mass: glucose
180.16, creatinine 113.12, cholesterol 386.7 g/mol)."""


def scores_over_time(normals: Floats, years: Floats) -> Floats:
    """Return normal scores (n, V, 5) of n people at V times each, in the order of CHEMISTRY.

    `normals` (n, V, 2, 5) are independent N(0, 1); `years` (n, V) ascend.
    """
    return trajectories(normals, years, tuple(PERSISTENCE[name] for name in CHEMISTRY))


def blood_chemistry(
    z: Floats,
    sex: NDArray[np.str_],
    age_months: Floats,
    diabetes: NDArray[np.bool_],
    hypertension: NDArray[np.bool_],
    bounds: Mapping[str, tuple[float | Floats, float | Floats]] | None = None,
) -> dict[str, Floats]:
    """Return HbA1c (%), serum glucose, creatinine, total and HDL cholesterol (mg/dL), each (m,).

    `z` (m, 5) are normal scores in the order of CHEMISTRY, `sex` F or M; diabetes and hypertension
    are those that a doctor has told them of. `bounds` gives by name the least and the greatest
    value, both included (a number, or (m,); NaN is no bound): HbA1c of the controlled
    `(nan, 6.9)`, of the uncontrolled `(7.0, nan)`. A person keeps the rank within, and what
    follows (glucose) goes with the value. NaN under 12 years, whom the survey does not measure.
    """
    values = np.full(z.shape, np.nan)
    old = age_months >= FROM_MONTHS
    within = {name: _bound(name, pair, len(z)) for name, pair in (bounds or {}).items()}
    values[old] = _model().values(
        z[old],
        _conditions(sex[old], age_months[old], diabetes[old], hypertension[old]),
        {name: (low[old], high[old]) for name, (low, high) in within.items()},
    )
    return dict(zip(CHEMISTRY, values.T, strict=True))


def results_of(test: str, values: Mapping[str, Floats]) -> Floats:
    """Return the results (m,) of a test, by its key and in its unit, of a blood chemistry."""
    name, conversion = _result(test)
    return np.round(values[name] * conversion.factor, conversion.decimals)


def bounds_of(
    test: str, low: float = np.nan, high: float = np.nan
) -> dict[str, tuple[float | Floats, float | Floats]]:
    """Return the `bounds` of a blood chemistry that hold a test's results from low to high."""
    name, conversion = _result(test)
    return {name: (low / conversion.factor, high / conversion.factor)}


def _result(test: str) -> tuple[str, Conversion]:
    if test not in RESULTS:
        raise InputError(f"{test} is no test of blood chemistry ({', '.join(RESULTS)})")
    return RESULTS[test]


def _conditions(
    sex: NDArray[np.str_],
    age_months: Floats,
    diabetes: NDArray[np.bool_],
    hypertension: NDArray[np.bool_],
) -> dict[str, NDArray[Any]]:
    asked = age_months >= ASKED_FROM_MONTHS
    told = np.where(hypertension, "yes", "no")
    return {
        "sex": sex,
        "age_months": age_months,
        "diabetes": np.where(diabetes, "yes", "no"),
        "hypertension": np.where(asked, told, ""),
    }


def _bound(
    name: str, pair: tuple[float | Floats, float | Floats], count: int
) -> tuple[Floats, Floats]:
    if name not in CHEMISTRY:
        raise InputError(f"{name} is no output of blood chemistry ({', '.join(CHEMISTRY)})")
    low, high = (np.broadcast_to(np.asarray(end, dtype=np.float64), count) for end in pair)
    if (low > high).any():
        raise InputError(f"{name}: a least value lies over the greatest")
    return low, high


@cache
def _model() -> Model:
    model = load_model("labs")
    assert model.outputs == CHEMISTRY
    return model
