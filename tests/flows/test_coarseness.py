"""How coarse the groups are that people are drawn from, in figures and in words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bridge.cli.coarse import coarse
from bridge.flows.coarseness import coarseness, strays
from bridge.flows.margins import group_people, groups_from
from bridge.flows.model import Model
from bridge.flows.spec import Spec
from bridge.flows.table import Table, parse_table
from tests.lib.clinics import BY_YEARS, SEX, by_years, spec_of
from tests.lib.models import drawn_model

WARD = {"kind": "category", "columns": ["ward"], "levels": list("ABCD")}


def table_of(spec: Spec, **columns: object) -> Table:
    return parse_table(pd.DataFrame({**columns, "x": 1.0}), spec)


@pytest.fixture(scope="module")
def model() -> Model:
    """A model of 600 people of a clinic, by sex and age; all were measured as one and two."""
    table = by_years(600, 1).assign(x=np.resize([1.0, 2.0], 600))
    return drawn_model(parse_table(table, BY_YEARS))


def test_spans_say_within_how_much_people_are_drawn_evenly(model: Model) -> None:
    found = coarseness(model.spec, model.groups)
    assert found.people == 600
    assert found.fewest >= 5
    age = found.spreads[1]
    assert 12 <= age.half <= age.most <= age.widest
    lines = list(coarse(model))
    assert lines[0].startswith("people are drawn by sex and age like 600 rows, in ")
    assert lines[1] == "  sex: each level by itself"
    assert f"half of the rows evenly within {age.half / 12:.0f} year" in lines[2]


def test_levels_that_are_drawn_alike_are_named() -> None:
    spec = spec_of(ward=WARD)
    table = table_of(spec, ward=["A"] * 90 + ["B"] * 4 + ["C"] * 3)
    spread = coarseness(spec, group_people(spec, table.conditions)).spreads[0]
    assert spread.alike == ("B", "C")
    assert spread.share == pytest.approx(7 / 97, abs=0.03)


def test_whoever_is_like_hardly_anybody_is_counted_for_the_datas_owner() -> None:
    """The model says nothing of them."""
    spec = spec_of(sex=SEX)
    table = table_of(spec, sex=["F"] * 90 + ["M"] * 3)
    groups = group_people(spec, table.conditions)
    assert strays(spec, groups, table.conditions) == {"sex": 3}


def test_a_model_of_an_earlier_bridge_says_who_is_missing(model: Model) -> None:
    """It drew a third of a clinic's rows without a word."""
    groups = groups_from([[0, 24, 150], [1, 30, 50]], model.spec)
    lines = list(coarse(replace(model, groups=groups)))
    assert "67 % of the 600 rows it was fitted to are in no group" in lines[1]


def test_noise_that_hides_the_groups_is_told_of(model: Model) -> None:
    private = {"looks": {"groups": {"noise": 5.0}}}
    groups = replace(model.groups, margins=())
    noisy = replace(model, groups=groups, provenance={"rows": 600, "privacy": private})
    assert "whom few are like is lost in it: give people (--like)" in list(coarse(noisy))[1]
