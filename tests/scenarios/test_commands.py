"""`bridge scenario ...` and `bridge load --scenario` as a person types them."""

from pathlib import Path

import pytest

from bridge.scenarios.catalogue import scenario_names
from tests.end_to_end.conftest import Cli, cli
from tests.scenarios.cases import SHORT, spoilt

__all__ = ["cli"]


def test_cases_are_listed_and_shown(cli: Cli) -> None:
    """By their marks; a case with its visits, points and sources, or as its file."""
    listed = cli("scenario", "list").out
    assert [line.split()[1] for line in listed.splitlines()[1:]] == scenario_names()
    shown = cli("scenario", "show", "stroke").out
    for wanted in ("visit-2, day -14: the class decides", "sbp_mmhg 206", "chep: Canadian"):
        assert wanted in shown
    file = cli("scenario", "show", "stroke", "--yaml").out
    assert file.startswith("title: Stroke after")


def test_a_file_of_one_s_own_is_checked(cli: Cli, tmp_path: Path) -> None:
    """Shown, changed, checked: what is wrong is said, and ends with another code."""
    file = tmp_path / "mine.yaml"
    file.write_text(SHORT, encoding="utf-8")
    good = cli("scenario", "check", file)
    assert (good.code, "is a scenario: A cold" in good.out) == (0, True)
    file.write_text(spoilt("44 breaths.\n", "54 breaths.\n"), encoding="utf-8")
    bad = cli("scenario", "check", file)
    assert bad.code == 2
    assert "resp_rate_bpm is 44" in bad.out + bad.err
    assert "1 thing to be mended" in bad.err
    file.write_text(spoilt("unit: Tablet", "unit: Pill"), encoding="utf-8")
    odd = cli("scenario", "check", file)
    assert odd.code == 0
    assert "no unit is called Pill" in odd.out + odd.err


def test_sheets_and_keys_are_written(cli: Cli, tmp_path: Path) -> None:
    """Under names that tell the case and the learner, or where it is said."""
    names = tmp_path / "names.csv"
    names.write_text("name\nMary\nJohn\n", encoding="utf-8")
    assert cli("scenario", "sheet", "stroke", "--learner", "2", "--as-of", "2026-11-28").code == 0
    page = Path("stroke-L02.html").read_text(encoding="utf-8")
    assert "L02-C13" in page
    assert "28 Nov 2026" in page
    named = cli("scenario", "sheet", "stroke", "--learners-file", names, "--learner", "2")
    assert named.code == 0
    assert "John" in Path("stroke-L02.html").read_text(encoding="utf-8")
    assert cli("scenario", "key", "stroke", "--out", tmp_path / "k.html").code == 0
    assert "answer key" in (tmp_path / "k.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scenario", "sheet", "strok"), "did you mean 'stroke'"),
        (("scenario", "sheet", "stroke", "--until", "visit-9"), "there is no visit-9"),
        (("scenario", "key", "stroke", "--out", "no/where.html"), "a folder that does not exist"),
        (("load", "--scenario", "stroke", "--count", "3"), "leave out --count"),
        (("load", "--scenario", "stroke", "--active", "1"), "leave out --active"),
        (("load", "--until", "visit-1"), "say with --scenario which cases"),
        (("load", "--scenario", "stroke", "--learners", "2", "--learners-file", "a"), "--learners"),
    ],
)
def test_what_cannot_be_is_said(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    """Before anything is written."""
    answer = cli(*arguments)
    assert answer.code == 2
    assert said in answer.err
    assert list(Path.cwd().glob("*.html")) == []


def test_a_sheet_of_a_learner_who_is_not_in_the_file_is_refused(cli: Cli, tmp_path: Path) -> None:
    """With how many there are."""
    names = tmp_path / "names.csv"
    names.write_text("Mary\n", encoding="utf-8")
    answer = cli("scenario", "sheet", "stroke", "--learners-file", names, "--learner", "2")
    assert "has 1 names, not 2" in answer.err
