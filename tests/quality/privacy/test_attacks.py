"""The attacks tell a generator that copies people from one that does not."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError
from bridge.quality.privacy.measure import measure_privacy
from bridge.quality.privacy.results import Privacy
from tests.quality.privacy.people import CONDITIONS, blurred, draw

PEOPLE = 1_000


@cache
def privacy(generator: str) -> Privacy:
    """Measure one generator's rows, once for all tests."""
    train = draw(PEOPLE, 1)
    synthetic = {
        "copies": train.sample(frac=1.0, random_state=4),
        "honest": draw(PEOPLE, 3),
        "blurred": blurred(train, 0.1, 5),
    }[generator]
    return measure_privacy(train, draw(PEOPLE, 2), synthetic, CONDITIONS, seed=1, attacks=400)


def test_copies_are_found_by_every_attack() -> None:
    """Rows that are the training people themselves: nothing is as bad."""
    found = privacy("copies")
    assert len(found.attacks) == 2 + 2 + 5
    for attack in found.attacks:
        assert attack.risk.low > 0.7, attack
        assert attack.leaks
        assert "given away" in attack.verdict
    assert found.membership.worst.auc.value > 0.99
    assert all(part.share.low > 0.99 and part.ratio == 0 for part in found.closest.measured)
    assert found.copies.copied == PEOPLE


def test_an_honest_draw_gives_nothing_away() -> None:
    """Rows drawn as the people were: what an attack finds, it finds of anybody."""
    found = privacy("honest")
    for attack in found.attacks:
        assert attack.risk.low < 0 < attack.risk.high, attack
        assert "given away" not in attack.verdict
    for attacker in found.membership.attackers:
        assert attacker.auc.low < 0.5 < attacker.auc.high, attacker
    for part in found.closest.measured:
        assert part.share.low < 0.5 < part.share.high
        assert part.ratio == pytest.approx(1, abs=0.1)
    assert found.copies.copied == 0


def test_a_tenth_of_noise_hides_nobody() -> None:
    """No row is a copy, and yet people can be linked, inferred and told to be members."""
    found = privacy("blurred")
    assert found.copies.full_copied == 0
    assert all(attack.risk.low > 0.1 for attack in (*found.linkability, *found.inference))
    assert found.membership.worst.auc.low > 0.8
    assert "missed" in found.membership.verdict
    assert all(part.share.low > 0.9 for part in found.closest.measured)
    assert "They are drawn to the training people" in found.closest.verdict


def test_the_same_seed_gives_the_same_figures() -> None:
    """A report must come out the same when it is made again."""
    train, control, synthetic = (draw(150, seed) for seed in (1, 2, 3))
    first, again, other = (
        measure_privacy(train, control, synthetic, CONDITIONS, seed, attacks=50)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_every_sentence_holds_its_figures() -> None:
    """A verdict without the number is an opinion."""
    found = privacy("honest")
    assert len(found.verdicts) == len(found.attacks) + 4
    for attack in found.attacks:
        assert f"{100 * attack.risk.value:.1f} %" in attack.verdict
        assert f"{attack.attacks:,} attacks" in attack.verdict
    assert f"{found.membership.worst.auc.value:.3f}" in found.membership.verdict
    assert f"0 of {PEOPLE:,} synthetic rows" in found.copies.verdict


def test_an_attack_that_knows_nothing_says_nothing() -> None:
    """With every column shuffled by itself, no column tells of another."""
    rng = np.random.default_rng(1)
    synthetic = draw(PEOPLE, 3).apply(rng.permutation)
    found = measure_privacy(
        draw(PEOPLE, 1), draw(PEOPLE, 2), synthetic, CONDITIONS, seed=1, attacks=400
    )
    for attack in found.inference:
        assert not attack.stronger
        assert "says nothing" in attack.verdict


def test_rows_that_crowd_around_one_person_prove_little() -> None:
    """All are nearest to the same person, who fell on one of the two sides by chance."""
    train = draw(200, 1)
    synthetic = pd.concat([train[:1]] * 150).assign(weight_kg=lambda rows: rows["weight_kg"] + 0.1)
    found = measure_privacy(train, draw(200, 2), synthetic, CONDITIONS, seed=1, attacks=20)
    for part in found.closest.measured:
        assert part.share.value == 1
        assert part.share.low < 0.5


def test_a_smaller_control_group_is_no_alarm() -> None:
    """One person in a hundred is easier to single out than one in a thousand: that is corrected."""
    found = measure_privacy(
        draw(1_000, 1), draw(250, 2), draw(1_000, 3), CONDITIONS, seed=1, attacks=800
    )
    several = found.singling_out[1]
    assert several.attacks == 800
    assert several.risk.low < 0 < several.risk.high


def test_a_control_of_another_kind_is_pointed_out() -> None:
    """Or a survey of other years would make an honest generator look as if it gave people away."""
    taller = draw(PEOPLE, 2).assign(height_cm=lambda people: people["height_cm"] + 5)
    found = measure_privacy(draw(PEOPLE, 1), taller, draw(PEOPLE, 3), CONDITIONS, seed=1, attacks=9)
    assert found.similarity.auc.low > 0.5
    assert "differ from the training people" in found.similarity.verdict
    assert "are like the training people" in privacy("honest").similarity.verdict


def test_conditions_taken_from_one_side_are_pointed_out() -> None:
    """Rows made for the control people's ages lie close to them whatever the generator does."""
    control = draw(PEOPLE, 2)
    synthetic = draw(PEOPLE, 3)
    synthetic[["sex", "age_months"]] = control[["sex", "age_months"]]
    found = measure_privacy(draw(PEOPLE, 1), control, synthetic, CONDITIONS, seed=1, attacks=50)
    assert found.closest.given is not None
    assert found.closest.given.high < 0.5
    assert "closer to the control people's" in found.closest.verdict
    assert "closer to the" not in privacy("honest").closest.verdict


def test_a_table_of_one_generated_column_is_attacked_as_far_as_it_goes() -> None:
    """Nothing can be linked nor inferred from nothing; the rest can be measured."""
    train, control, synthetic = (draw(200, seed)[["height_cm"]] for seed in (1, 2, 3))
    found = measure_privacy(train, control, synthetic, (), seed=1, attacks=50)
    assert found.linkability == found.inference == ()
    assert found.closest.given is None
    assert [part.columns for part in found.closest.measured] == ["generated columns"]


def test_columns_that_say_nothing_stop_no_attack() -> None:
    """A column nobody has, one that never varies, and yes and no instead of numbers."""
    train, control, synthetic = (
        draw(200, seed).assign(spo2_pct=np.nan, country="x", pregnant=seed % 2 == 0)
        for seed in (1, 2, 3)
    )
    found = measure_privacy(train, control, synthetic, CONDITIONS, seed=1, attacks=50)
    assert "Inferring spo2_pct" not in {attack.name for attack in found.inference}
    assert all(np.isfinite(attacker.auc.value) for attacker in found.membership.attackers)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"control": draw(120, 2).drop(columns="smokes")}, r"control: .*\['smokes'\]"),
        ({"synthetic": draw(99, 3)}, "synthetic: 99 rows are too few"),
        ({"conditions": ["sex", "race"]}, r"\['race'\] are no columns"),
        ({"conditions": list(draw(1, 1).columns)}, "all columns are conditions"),
        (
            {"control": draw(300, 2).assign(smokes=lambda people: people.index.astype(str))},
            "smokes has 3.. different texts",
        ),
        ({"train": draw(120, 1).replace({"sbp_mmhg": {120.0: np.inf}})}, "train: .*infinite"),
    ],
)
def test_tables_that_cannot_be_attacked_are_refused(
    change: dict[str, pd.DataFrame | list[str]], message: str
) -> None:
    """In one line that says which table, and what to do."""
    given = {
        "train": draw(120, 1),
        "control": draw(120, 2),
        "synthetic": draw(120, 3),
        "conditions": CONDITIONS,
    }
    with pytest.raises(InputError, match=message):
        measure_privacy(**{**given, **change}, seed=1, attacks=10)
