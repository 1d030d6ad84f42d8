"""Each measure of event histories, on tables whose answer can be reckoned by hand."""

import numpy as np
import pytest

from bridge.quality.histories import frequencies as fr
from bridge.quality.histories import times, treatment
from bridge.quality.histories.copies import distances, longest_runs, membership
from bridge.quality.histories.records import Records, records_of
from bridge.quality.histories.words import panels, words_of
from tests.quality.histories.tables import before, clinic, table, visit

FLU, COLD = ("condition", "flu"), ("condition", "cold")
PILL, SYRUP = ("drug", "pill"), ("drug", "syrup")


def records(*people: list, other: tuple = ()) -> Records:
    """Return the records of people; `other` are people whose words shall be known too."""
    one = table(people)
    words = words_of([one, table(other)] if other else [one])
    return records_of(one, words)


def two() -> Records:
    """One with a day of history and two visits, one with a visit."""
    return records(
        before(-400, FLU, PILL) + visit(0, 10, "plain", FLU) + visit(1, 30, "urgent", FLU, PILL),
        visit(0, 5, "plain", COLD),
    )


def share(found: fr.Frequencies, which: str, one: tuple, other: tuple, r: Records) -> float:
    """Return the share of a pair of words, whichever stands first."""
    matrix = getattr(found, which)
    i, j = r.words.number[one], r.words.number[other]
    return float(matrix[i, j] if which == "visit_to_visit" else matrix[i, j] + matrix[j, i])


def test_contacts_are_visits_and_days_of_history_in_order_of_time() -> None:
    """And a code counts once in each."""
    r = two()
    assert r.owner.tolist() == [0, 0, 0, 1]
    assert r.is_visit.tolist() == [False, True, True, True]
    assert times.contacts_each(r).tolist() == [3, 1]
    assert np.diff(r.age[:3]).tolist() == [410, 20]


def test_prevalence_and_pairs_are_by_person() -> None:
    """Half the people have flu; flu and pill are together twice in two people, in one life."""
    r = two()
    found = fr.frequencies(r)
    assert found.prevalence[r.words.number[FLU]] == 0.5
    assert share(found, "in_visit", FLU, PILL, r) == 2 / 2
    assert share(found, "in_life", FLU, PILL, r) == 1 / 2
    assert share(found, "in_life", FLU, COLD, r) == 0


def test_visit_to_visit_knows_no_history() -> None:
    """One visit of two people has a next: flu to flu, flu to pill, never pill to flu."""
    r = two()
    found = fr.frequencies(r)
    assert share(found, "visit_to_visit", FLU, PILL, r) == 1 / 2
    assert share(found, "visit_to_visit", FLU, FLU, r) == 1 / 2
    assert share(found, "visit_to_visit", PILL, FLU, r) == 0


def test_r2_is_about_the_line_of_equality() -> None:
    """Half of everything is wrong by a factor, and a fitted line would not see it."""
    real = np.array([0.1, 0.2, 0.3, 0.0])
    assert fr.identity_r2(real, real) == (1.0, 3)
    value, _ = fr.identity_r2(real, real / 2)
    assert value == pytest.approx(1 - (0.05**2 + 0.1**2 + 0.15**2) / 0.02)


def test_r2_of_pairs_is_that_of_their_full_table() -> None:
    """Zeros that both tables have do not count."""
    words = [clinic(60, seed) for seed in (1, 2)]
    known = words_of(words)
    one, other = (fr.frequencies(records_of(t, known)).in_life for t in words)
    a, b = one.toarray(), other.toarray()
    seen = (a > 0) | (b > 0)
    expected, n = fr.identity_r2(a[seen], b[seen])
    assert fr.identity_r2(one, other) == (pytest.approx(expected), n)


def test_gaps_and_kinds_are_of_successive_visits() -> None:
    """One gap of 20 days from plain to urgent."""
    r = two()
    assert times.gaps(r).tolist() == [20]
    ((one, other), part), *none = times.kinds_in_sequence(r).items()
    assert (r.words.shown(one), r.words.shown(other), part, none) == ("plain", "urgent", 1.0, [])


def test_steps_apart_and_total_variation() -> None:
    """Kolmogorov-Smirnov's distance by hand: .5 of 1,2 and .0 of 2,3 are below 2."""
    assert times.steps_apart(np.array([1.0, 2.0]), np.array([2.0, 3.0])) == 0.5
    assert times.total_variation({(0, 0): 1.0}, {(0, 1): 1.0}) == 1
    assert times.total_variation({(0, 0): 0.5, (0, 1): 0.5}, {(0, 0): 1.0}) == 0.5


def test_visits_a_year_are_by_person_years_of_the_record() -> None:
    """Three visits in two records of ten years from ten to twenty: 8 years are under 18."""
    r = two()
    minors, adults = times.visits_a_year(r)[2:4]
    assert minors == pytest.approx(3 / 16, abs=0.001)
    assert adults == 0
    assert np.isnan(times.visits_a_year(r)[0])


def test_onset_is_the_first_entry_even_of_history() -> None:
    """Flu begins 400 days before the record; nobody of the other table has a cold."""
    r, other = two(), records(visit(0, 10, "plain", FLU), other=([*visit(0, 1, "x", COLD)],))
    _, age = times.onset_ages(r)
    assert sorted(age) == pytest.approx([3653 / 365.25 - 400 / 365.25, 3658 / 365.25])
    found = times.onsets(r, r, np.array([r.words.number[FLU], r.words.number[COLD]]))
    assert [(one.word, one.people, one.distance) for one in found] == [
        ("flu", 1, 0),
        ("cold", 1, 0),
    ]
    none = times.onsets(r, other, np.array([r.words.number[COLD]]))
    assert none[0].distance == 1


def test_what_is_given_for_a_diagnosis_is_by_person() -> None:
    """Of twenty with flu, half have the pill ever; others' pills do not count."""
    people = [
        visit(0, 1, "v", FLU) + visit(1, 9, "v", *([PILL] if k % 2 else [])) for k in range(20)
    ]
    other = [visit(0, 1, "v", FLU, PILL) for _ in range(20)]
    cold = [visit(0, 1, "v", COLD, SYRUP) for _ in range(5)]
    both = [table([*some, *cold]) for some in (people, other)]
    words = words_of(both)
    pairs = treatment.given_diagnosis(*(records_of(t, words) for t in both), "drug")
    assert [(p.diagnosis, p.given, p.people, p.real, p.other) for p in pairs] == [
        ("flu", "pill", 20, 0.5, 1.0)
    ]
    assert treatment.mean_error(pairs) == 0.5


def test_tests_that_come_together_are_one_word() -> None:
    """Na and K always, glucose on its own."""
    people = [
        visit(0, 1, "v", ("test", "K"), ("test", "Na"), *([("test", "glucose")] * (k % 2)))
        for k in range(30)
    ]
    assert panels(table(people)) == {"K": "K", "Na": "K", "glucose": "glucose"}


def test_a_copied_run_crosses_visits_but_not_people() -> None:
    """Three words of the second person are the end of the first learnt one's and no more."""
    learnt = table([visit(0, 1, "a", FLU) + visit(1, 2, "b", PILL), visit(0, 1, "c", COLD, SYRUP)])
    made = table(
        [visit(0, 1, "b", COLD), visit(0, 9, "c", FLU) + visit(1, 19, "b", PILL, SYRUP), []]
    )
    words = words_of([learnt, made])
    runs = longest_runs(records_of(made, words), records_of(learnt, words))
    assert runs.tolist() == [1, 3, 0]


def test_distance_counts_how_often() -> None:
    """1 - 2/3: flu twice for flu thrice; nothing in common is 1."""
    one = table([visit(0, 1, "v", FLU) + visit(1, 2, "v", FLU), visit(0, 1, "w")])
    other = table([[*visit(0, 1, "v", FLU), *visit(1, 2, "v", FLU), *visit(2, 3, "v", FLU)]])
    words = words_of([one, other])
    found = distances(records_of(one, words), records_of(other, words))
    assert found.tolist() == pytest.approx([1 / 3, 1])


def test_membership_sees_who_was_learnt_by_heart() -> None:
    """Made people who are the learnt ones give them away; others do not."""
    tables = [clinic(80, seed) for seed in (1, 2, 3)]
    words = words_of(tables)
    learnt, held_out, others = (records_of(t, words) for t in tables)
    assert membership(learnt, learnt, held_out, 0).auc > 0.95
    assert membership(others, learnt, held_out, 0).auc == pytest.approx(0.5, abs=0.12)
