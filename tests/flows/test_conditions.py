"""What a net is told of the conditions."""

from typing import Any

import numpy as np
import pytest

from bridge.flows.conditions import features, is_measured, own_features
from bridge.flows.spec import Output, Spec

SPEC = Spec.model_validate(
    {
        "conditions": {
            "sex": {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]},
            "triage": {
                "kind": "category",
                "columns": ["triage"],
                "levels": ["1", "2"],
                "unknown": True,
            },
            "age": {"kind": "age", "columns": {"age": "year"}, "oldest": 80},
            "income": {"kind": "number", "columns": ["income"], "low": 10, "high": 20},
        },
        "outputs": {"pulse": {"columns": ["pulse"]}},
    }
)


def told(**changes: object) -> list[float]:
    usual: dict[str, Any] = {"sex": "F", "triage": "1", "age": 300.0, "income": 15.0}
    person = {name: np.array([value]) for name, value in {**usual, **changes}.items()}
    found = features(SPEC, person, 1)
    assert np.isfinite(found).all() and np.abs(found).max() < 10
    return found[:, 0].tolist()


@pytest.mark.parametrize(
    "change",
    [{"sex": "M"}, {"triage": "2"}, {"triage": ""}, {"age": 301.0}, {"income": 15.5}],
    ids=str,
)
def test_every_condition_makes_a_difference(change: dict[str, object]) -> None:
    assert told(**change) != told()


def test_an_unknown_level_is_none_of_the_others() -> None:
    assert told(triage="") not in (told(triage="1"), told(triage="2"))


def test_everyone_of_the_oldest_age_and_over_is_one() -> None:
    assert told(age=960.0) == told(age=1_200.0)
    assert max(abs(np.array(told(age=959.9)) - told(age=960.0))) == 1


def test_a_step_is_told_at_its_very_month_only() -> None:
    """As length gives way to height."""
    output = Output.model_validate({"columns": ["height"], "steps": {"age": [24, 96]}})
    ages = np.array([23.9, 24.0, 95.9, 96.0])
    assert own_features(output, {"age": ages}, 4).tolist() == [[1, 0, 0, 0], [1, 1, 1, 0]]


def test_a_number_beyond_its_ends_is_at_the_end() -> None:
    """People are generated whom the data did not have; a net must not be led into the void."""
    assert told(income=25.0) == told(income=20.0)
    assert told(income=-1.0) == told(income=10.0)


def test_without_conditions_there_is_one_feature() -> None:
    nothing = SPEC.model_copy(update={"conditions": {}})
    assert features(nothing, {}, 3).tolist() == [[1, 1, 1]]


def test_an_output_is_measured_from_the_first_to_below_the_last() -> None:
    """And of the levels that are named."""
    output = Output.model_validate(
        {"columns": ["x"], "measured": {"age": {"from": 24, "below": 96}, "sex": ["F"]}}
    )
    people = {
        "age": np.array([23.9, 24.0, 95.9, 96.0, 50.0]),
        "sex": np.array(["F", "F", "F", "F", "M"]),
    }
    assert is_measured(output, people, 5).tolist() == [False, True, True, False, False]
    assert is_measured(Output(columns=["x"]), people, 5).all()
