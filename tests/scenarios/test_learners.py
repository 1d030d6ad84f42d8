"""The names of a class."""

from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.scenarios.learners import learners_of, load_learners, parse_learners


@pytest.mark.parametrize(
    "text",
    [
        "Mary Wanjiru\nJohn Otieno\n",
        "name\nMary  Wanjiru\n\nJohn Otieno\n",
        "\ufeffgroup,Name\n1,Mary Wanjiru\n2,John Otieno\n",
        "given_name,family_name\nMary,Wanjiru\nJohn,Otieno\n",
    ],
)
def test_names_in_the_forms_that_people_have(tmp_path: Path, text: str) -> None:
    """One a line, a column called name, or in two parts."""
    file = tmp_path / "names.csv"
    file.write_text(text, encoding="utf-8")
    assert load_learners(file) == ("Mary Wanjiru", "John Otieno")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has 0 names"),
        ("a,b\nc,d\n", "has several columns and none is called name"),
        ("name\nMary\x07\n", "cannot be printed"),
        ("name,group\n,1\n", "n.csv:2: has no name"),
        ("\n".join(["Mary"] * 501), "has 501 names"),
        ("M" * 51, "more than 50 characters"),
        ('name\n"Mary', "is not CSV"),
    ],
)
def test_what_is_no_class_is_said(text: str, said: str) -> None:
    """With the line."""
    with pytest.raises(InputError, match=said):
        parse_learners(text, place="n.csv")


def test_learners_are_numbered() -> None:
    """And marked by their number, which a search finds."""
    first, second = learners_of(("Mary", ""))
    assert (first.mark, first.title) == ("L01", "Mary (L01)")
    assert (second.mark, second.title) == ("L02", "learner L02")
