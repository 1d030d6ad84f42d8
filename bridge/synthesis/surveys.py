"""The two surveys that the models are fitted to, from their CSV files to training columns."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.synthesis.columns import Floats, Scale
from bridge.synthesis.context import OLDEST_YEARS, STANDING_MONTHS

POPULATION: Final = (
    Scale(name="height_cm", step=0.1, decimals=1, spread="digits"),
    Scale(name="weight_kg", step=0.1, decimals=1, spread="digits"),
    Scale(name="pulse_bpm", step=2, decimals=0, spread="ranks"),
    Scale(
        name="muac_cm",
        step=0.1,
        decimals=1,
        spread="digits",
        from_months=2,
        cuts=(22.0, 30.0, 38.0),
    ),
    Scale(name="sbp_mmhg", step=2, decimals=0, spread="ranks", from_months=96),
    Scale(name="dbp_mmhg", step=2, decimals=0, spread="ranks", from_months=96),
)
"""NHANES. The pulse is 30 s doubled, the manometer is read to 2 mmHg. The arm decides the cuff, and
pressure falls by 1 to 2 mmHg where the next larger cuff begins (seen in the data)."""

ILLNESS: Final = (
    Scale(name="pulse_bpm", step=1, decimals=0, spread="ranks"),
    Scale(name="temperature_c", step=1 / 18, decimals=2, spread="ranks"),
    Scale(name="resp_rate_bpm", step=1, decimals=0, spread="ranks"),
    Scale(name="spo2_pct", step=1, decimals=0, spread="ranks"),
)
"""NHAMCS. Temperature is written in 0.1 °F, which is 1/18 °C."""

KEYING_BOUNDS: Final = {
    "pulse_bpm": ("pulse", 30.0, 230.0),
    "temperature_c": ("temp_c", 32.0, 42.0),
    "resp_rate_bpm": ("resp", 6.0, 80.0),
    "spo2_pct": ("spo2", 50.0, 100.0),
}
"""The column of NHAMCS and the values used. What lies outside is taken for slips of the pen: the
file has next to no pulse of 25 to 35 and no SpO2 of 27 to 49, but many below, of 16, 18 and 20 as
in the next field; zeros are the dead on arrival; 94 to 100 breaths are commoner than 90 to 93."""

MONTHS_PER_DAY: Final = 12 / 365.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """n people of a survey file as training columns.

    An age lies anywhere in the `age_width` months after `age_from` (n,). An age in completed
    months is taken at the middle of its month, width 0: to spread it would add the growth
    within a month a second time. `values` (n, D) are NaN where a person was not measured,
    `immediacy` is 0 where it is not known; `left_out` counts what could not be used, by reason.
    """

    source: Mapping[str, str]
    scales: tuple[Scale, ...]
    sex: NDArray[np.str_]
    age_from: Floats
    age_width: Floats
    immediacy: NDArray[np.int64] | None
    values: Floats
    left_out: Mapping[str, int]

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Survey":
        """Return the same of some people."""
        return Survey(
            source=self.source,
            scales=self.scales,
            sex=self.sex[rows],
            age_from=self.age_from[rows],
            age_width=self.age_width[rows],
            immediacy=None if self.immediacy is None else self.immediacy[rows],
            values=self.values[rows],
            left_out=self.left_out,
        )


def load_nhanes(path: Path) -> Survey:
    """Read a harmonised NHANES file (nhanes_*.csv.gz)."""
    return _load(path, parse_nhanes)


def load_nhamcs(path: Path) -> Survey:
    """Read a harmonised NHAMCS emergency file (nhamcs_ed_*.csv.gz)."""
    return _load(path, parse_nhamcs)


def parse_nhanes(table: pd.DataFrame, source: Mapping[str, str]) -> Survey:
    """Turn NHANES people into training columns.

    Height is lying length under 24 months; blood pressure is the first reading, which is what a
    nurse takes; heart rate is by stethoscope under 8 years, at the wrist after. Ages of 80 and
    over are one age: most cycles do not tell them apart.
    """
    people = table[table["examined"] == 1]
    months = people["age_months_exam"].where(people["age_years"] < OLDEST_YEARS)
    lying = people["age_months_exam"] < STANDING_MONTHS
    columns = {
        "height_cm": people["length_cm"].where(lying, people["height_cm"]),
        "weight_kg": people["weight_kg"],
        "pulse_bpm": people["hr_child_bpm"].fillna(people["pulse_bpm"]),
        "muac_cm": people["arm_circ_cm"],
        "sbp_mmhg": people["sbp1"],
        "dbp_mmhg": people["dbp1"],
    }
    return Survey(
        source=source,
        scales=POPULATION,
        sex=people["sex"].to_numpy(dtype=np.str_),
        age_from=(months + 0.5).fillna(people["age_years"] * 12).to_numpy(dtype=np.float64),
        age_width=np.where(months.notna(), 0.0, 12.0),
        immediacy=None,
        values=np.stack([columns[s.name].to_numpy(dtype=np.float64) for s in POPULATION], axis=1),
        left_out={"not examined": len(table) - len(people)},
    )


def parse_nhamcs(table: pd.DataFrame, source: Mapping[str, str]) -> Survey:
    """Turn emergency visits into training columns; values outside KEYING_BOUNDS are not used."""
    days = table["age_days_if_infant"]
    triage = table["immediacy"].where(table["immediacy"].between(1, 5), 0).to_numpy(np.int64)
    left_out = {"triage not 1 to 5 (visit used, its triage unknown)": int((triage == 0).sum())}
    columns = []
    for scale in ILLNESS:
        name, low, high = KEYING_BOUNDS[scale.name]
        used = table[name].between(low, high)
        left_out[f"{name} outside {low:g} to {high:g}"] = int((table[name].notna() & ~used).sum())
        columns.append(table[name].where(used).to_numpy(dtype=np.float64))
    return Survey(
        source=source,
        scales=ILLNESS,
        sex=table["sex"].to_numpy(dtype=np.str_),
        age_from=((days + 0.5) * MONTHS_PER_DAY)
        .fillna(table["age_years"] * 12)
        .to_numpy(dtype=np.float64),
        age_width=np.where(days.notna(), 0.0, 12.0),
        immediacy=triage,
        values=np.stack(columns, axis=1),
        left_out=left_out,
    )


def _load(path: Path, parse: Callable[[pd.DataFrame, Mapping[str, str]], Survey]) -> Survey:
    """Read a survey's file, with what identifies it."""
    try:
        content = path.read_bytes()
        table = pd.read_csv(path, low_memory=False)
    except (OSError, ValueError) as error:
        raise InputError(f"the survey cannot be read: {error}", place=path) from error
    source = {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
    try:
        return parse(table, source)
    except KeyError as error:
        raise InputError(f"not this survey: it has no column {error}", place=path) from error
