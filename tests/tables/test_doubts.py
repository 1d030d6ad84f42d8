"""What is odd about a table is said; what is not, is not."""

import numpy as np
import pandas as pd
import pytest

from bridge.tables.doubts import find_doubts

RNG = np.random.default_rng(1)


def adults(count: int = 600) -> pd.DataFrame:
    """Adults whose weight goes with their height, as it does in people."""
    sex = RNG.choice(["F", "M"], count)
    height = np.round(RNG.normal(160, 6, count) + 10 * (sex == "M"), 1)
    sbp = RNG.normal(122, 16, count).round()
    return pd.DataFrame(
        {
            "sex": sex,
            "age_years": RNG.integers(18, 90, count),
            "height_cm": height,
            "weight_kg": np.round(60 * (height / 165) ** 2 * np.exp(RNG.normal(0, 0.15, count)), 1),
            "temp_c": np.round(RNG.normal(36.8, 0.5, count), 1),
            "sbp_mmhg": sbp,
            "dbp_mmhg": (sbp - RNG.normal(45, 5, count)).round(),
            "spo2_pct": RNG.integers(88, 101, count),
            "crp_mgl": np.round(np.exp(RNG.normal(1.5, 1.2, count)), 1),
            "visits": RNG.poisson(2, count),
        }
    )


def said(frame: pd.DataFrame) -> list[str]:
    return [str(doubt) for doubt in find_doubts(frame)]


def test_nothing_is_odd_about_well_kept_tables() -> None:
    assert said(adults()) == []
    assert said(adults(100)) == []


@pytest.mark.parametrize("code", [999, 9999, -9, 888])
@pytest.mark.parametrize("name", ["sbp_mmhg", "height_cm", "weight_kg"])
def test_codes_for_missing_lie_far_and_repeat(name: str, code: float) -> None:
    frame = adults()
    frame.loc[:11, name] = code
    (only,) = said(frame[["sex", "age_years", name]])
    assert f"{name}: 12 values of {code} far from the rest" in only
    assert ("set high" if code > 0 else "set low") in only


def test_codes_of_several_kinds_are_all_named() -> None:
    frame = adults()
    frame.loc[:5, "sbp_mmhg"], frame.loc[6:9, "sbp_mmhg"] = 888, 999
    assert [doubt[:23] for doubt in said(frame[["sbp_mmhg"]])] == [
        "sbp_mmhg: 4 values of 9",
        "sbp_mmhg: 6 values of 8",
    ]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
@pytest.mark.parametrize(
    ("name", "change", "units"),
    [
        ("temp_c", lambda v: (v * 1.8 + 32).round(1), "°C and °F"),
        ("height_cm", lambda v: (v / 2.54).round(1), "inches and cm"),
        ("height_cm", lambda v: (v / 100).round(2), "m and cm"),
        ("height_cm", lambda v: v * 10, "cm and mm"),
    ],
)
def test_two_units_in_a_column(name: str, change: object, units: str, share: float) -> None:
    frame = adults()
    other = RNG.random(len(frame)) < share
    assert callable(change)
    frame[name] = frame[name].where(~other, change(frame[name]))
    (only,) = said(frame[["sex", "age_years", name]])
    assert units in only


def test_pounds_among_kilograms_though_they_overlap() -> None:
    frame = adults()
    frame.loc[::3, "weight_kg"] = (frame.weight_kg[::3] * 2.20462).round(1)
    (only,) = said(frame)
    assert only.startswith("weight_kg: some ") and "lb" in only


@pytest.mark.parametrize(
    ("name", "factor"),
    [("height_m", 1), ("weight_g", 1), ("temp_f", 1), ("height_in", 1), ("spo2_pct", 0.01)],
)
def test_a_unit_that_the_values_cannot_have(name: str, factor: float) -> None:
    frame = adults()
    source = next(column for column in frame if column.split("_")[0] == name.split("_")[0])
    (only,) = said(pd.DataFrame({name: frame[source] * factor}))
    assert "its median is" in only and "impossible" in only


def test_years_among_ages_and_exchanged_pressures() -> None:
    frame = adults()
    frame.loc[:4, "age_years"] = 1987
    frame.loc[:6, ["sbp_mmhg", "dbp_mmhg"]] = (
        frame.loc[:6, ["dbp_mmhg", "sbp_mmhg"]].to_numpy().copy()
    )
    found = said(frame)
    assert any("age_years" in doubt and "1987" in doubt for doubt in found)
    assert any("dbp_mmhg: stands over sbp_mmhg in 7 rows" in doubt for doubt in found)
    frame["age_years"] = 2024 - frame.age_years
    assert any("look like years" in doubt for doubt in said(frame))


def test_columns_that_never_stand_together() -> None:
    frame = adults()
    half = np.arange(len(frame)) % 2 == 0
    frame["height_cm"] = frame.height_cm.where(half)
    frame["weight_kg"] = frame.weight_kg.where(~half)
    (only,) = said(frame[["height_cm", "weight_kg"]])
    assert "stands beside weight_kg in 0 of 600 rows (alone in 300" in only
