"""Fitting: the surveys' rows, and that a fit learns what is there."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bridge.synthesis.context import Context
from bridge.synthesis.hyperparameters import Hyperparameters
from bridge.synthesis.surveys import Survey, load_nhanes, parse_nhamcs, parse_nhanes

from bridge.errors import InputError, MissingExtra
from bridge.synthesis.checkpoint import load_checkpoint, pack, parse_checkpoint
from bridge.synthesis.columns import Scale
from bridge.synthesis.training import Fitted, fit, main, split

SOURCE = {"file": "made.csv", "sha256": "0" * 64}
QUICK = Hyperparameters(hidden=(16,), epochs=8, batch=128, decay=0.95)


def nhanes(**changes: list[object]) -> pd.DataFrame:
    """Four people: a baby, a child, an adult with and one without an age in months."""
    people = {
        "examined": [1, 1, 1, 1],
        "sex": ["F", "M", "F", "M"],
        "age_years": [0, 2, 30, 80],
        "age_months_exam": [5.0, 24.0, 365.0, np.nan],
        "length_cm": [65.1, 86.0, np.nan, np.nan],
        "height_cm": [np.nan, 85.2, 160.0, 172.0],
        "weight_kg": [7.0, 12.0, 60.0, 80.0],
        "hr_child_bpm": [130, 110, np.nan, np.nan],
        "pulse_bpm": [np.nan, np.nan, 72, 68],
        "arm_circ_cm": [14.0, 16.0, 28.0, 30.0],
        "sbp1": [np.nan, np.nan, 118, 140],
        "dbp1": [np.nan, np.nan, 70, 66],
    }
    return pd.DataFrame({**people, **changes})


def nhamcs(**changes: list[object]) -> pd.DataFrame:
    visits = {
        "age_years": [0, 40],
        "age_days_if_infant": [9.0, np.nan],
        "sex": ["F", "M"],
        "immediacy": [2.0, 4.0],
        "pulse": [140.0, 88.0],
        "temp_c": [37.5, 36.72],
        "resp": [36.0, 18.0],
        "spo2": [99.0, 97.0],
    }
    return pd.DataFrame({**visits, **changes})


def made(count: int, seed: int) -> Survey:
    """People whose weight goes with their height, r = .8, and whose sexes differ in height."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], count)
    tall, heavy = rng.standard_normal((2, count))
    height = np.round(165 + 7 * np.where(sex == "M", 1, -1) + 6 * tall, 1)
    weight = np.round(70 + 10 * (0.8 * tall + 0.6 * heavy), 1)
    return Survey(
        source=SOURCE,
        scales=(
            Scale(name="height_cm", step=0.1, decimals=1, spread="digits"),
            Scale(name="weight_kg", step=0.1, decimals=1, spread="ranks"),
        ),
        sex=sex,
        age_from=np.full(count, 360.0),
        age_width=np.full(count, 120.0),
        immediacy=None,
        values=np.stack([height, np.where(rng.random(count) < 0.1, np.nan, weight)], axis=1),
        left_out={},
    )


@pytest.fixture(scope="module")
def fitted() -> list[Fitted]:
    pytest.importorskip("torch", reason="the train extra is not installed")
    pytest.importorskip("nflows", reason="the train extra is not installed")
    return fit(made(4_000, 1), made(1_000, 2), QUICK)


def test_a_fit_learns_who_is_tall_and_that_the_tall_are_heavy(fitted: list[Fitted]) -> None:
    content = pack([f.column for f in fitted], [f.conditional for f in fitted], {})
    model = parse_checkpoint(content, place="made")
    sex = np.repeat(["F", "M"], 3_000)
    context = Context(sex=sex, age_months=np.full(6_000, 400.0))
    height, weight = model.values(np.random.default_rng(0).standard_normal((6_000, 2)), context).T
    assert height[sex == "M"].mean() - height[sex == "F"].mean() == pytest.approx(14, abs=1)
    assert height[sex == "M"].std() == pytest.approx(6, abs=0.5)
    for one in "FM":
        r = np.corrcoef(height[sex == one], weight[sex == one])[0, 1]
        assert r == pytest.approx(0.8, abs=0.05)


def test_a_row_without_a_later_measurement_still_teaches_the_earlier(fitted: list[Fitted]) -> None:
    assert fitted[0].rows == 4_000
    assert 3_500 < fitted[1].rows < 3_700


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(
    fitted: list[Fitted],
) -> None:
    def weights(of: list[Fitted]) -> bytes:
        return b"".join(w.tobytes() for f in of for layer in f.conditional.layers for w in layer)

    again = fit(made(4_000, 1), made(1_000, 2), QUICK)
    other = fit(
        made(4_000, 1), made(1_000, 2), Hyperparameters(hidden=(16,), epochs=1, batch=128, seed=2)
    )
    assert weights(again) == weights(fitted)
    assert weights(other) != weights(fitted)


def test_fitting_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "bridge.synthesis.coupling", raising=False)
    with pytest.raises(MissingExtra, match=r"openmrs-bridge\[train\]"):
        fit(made(300, 1), made(300, 2), QUICK)


def test_babies_are_measured_lying_and_children_standing() -> None:
    assert parse_nhanes(nhanes(), SOURCE).values[:, 0].tolist() == [65.1, 85.2, 160.0, 172.0]


def test_the_heart_rate_is_the_childs_under_eight() -> None:
    assert parse_nhanes(nhanes(), SOURCE).values[:, 2].tolist() == [130, 110, 72, 68]


def test_an_age_in_months_is_its_middle_and_one_in_years_anywhere_in_the_year() -> None:
    survey = parse_nhanes(nhanes(), SOURCE)
    assert survey.age_from.tolist() == [5.5, 24.5, 365.5, 960.0]
    assert survey.age_width.tolist() == [0, 0, 0, 12]


def test_people_who_were_not_examined_are_left_out_and_counted() -> None:
    survey = parse_nhanes(nhanes(examined=[1, 0, 1, 1]), SOURCE)
    assert survey.left_out == {"not examined": 1}
    assert survey.sex.tolist() == ["F", "F", "M"]


def test_slips_of_the_pen_are_not_used_and_counted() -> None:
    survey = parse_nhamcs(nhamcs(spo2=[18.0, 97.0], pulse=[140.0, np.nan]), SOURCE)
    assert np.isnan(survey.values[0, 3]) and np.isnan(survey.values[1, 0])
    assert survey.left_out["spo2 outside 50 to 100"] == 1
    assert survey.left_out["pulse outside 30 to 230"] == 0


def test_a_visit_without_triage_is_used_as_unknown() -> None:
    survey = parse_nhamcs(nhamcs(immediacy=[7.0, np.nan]), SOURCE)
    assert survey.immediacy is not None
    assert survey.immediacy.tolist() == [0, 0]


def test_an_infants_age_is_known_to_the_day() -> None:
    survey = parse_nhamcs(nhamcs(), SOURCE)
    assert survey.age_from[0] == pytest.approx(9.5 * 12 / 365.25)
    assert survey.age_width.tolist() == [0, 12]


def test_a_split_parts_the_people() -> None:
    survey = made(1_000, 3)
    kept, out = split(survey, 0.1, 1)
    assert len(kept.sex) + len(out.sex) == 1_000
    assert 60 < len(out.sex) < 140


def test_a_survey_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the survey cannot be read"):
        load_nhanes(tmp_path / "nhanes.csv.gz")


def test_another_table_is_not_taken_for_the_survey(tmp_path: Path) -> None:
    nhamcs().to_csv(tmp_path / "nhamcs.csv")
    with pytest.raises(InputError, match=r"nhamcs\.csv: not this survey: .*'examined'"):
        load_nhanes(tmp_path / "nhamcs.csv")


def test_the_command_writes_a_model_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="the train extra is not installed")
    monkeypatch.setattr("bridge.synthesis.training.Hyperparameters", lambda seed=1: QUICK)
    monkeypatch.setattr("bridge.synthesis.training.load_nhanes", lambda path: made(1_500, 4))
    main(["population", "--data", "made.csv", "--out", str(tmp_path), "--commit", "abc1234"])
    assert [file.name for file in tmp_path.iterdir()] == ["population.npz"]
    story = load_checkpoint(tmp_path / "population.npz").provenance
    assert (story["commit"], story["data"]) == ("abc1234", SOURCE)
    assert "nats" in capsys.readouterr().out
