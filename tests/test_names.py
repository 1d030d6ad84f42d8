"""How names are spelt."""

import pytest

from bridge.names import spelt, stranger

PERSIAN = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
SINHALA = "ක්\u200dෂේමා"


@pytest.mark.parametrize(
    "name", [PERSIAN, SINHALA, "O'Brien", "Nguyễn", "李 小龙", "Anne-Marie", "."]
)
def test_joiners_between_letters_are_spelling(name: str) -> None:
    """Without them Persian, Sinhala and Malayalam names are misspelt."""
    assert spelt(name) == name
    assert not stranger(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Marie\u00a0Claire", "Marie Claire"),
        ("Marie\u202f  Claire ", "Marie Claire"),
        ("\u3000李\u3000小龙", "李 小龙"),
        (f"{PERSIAN}\u200c", PERSIAN),
        ("\u200dMarie \u200c Claire", "Marie Claire"),
    ],
)
def test_a_blank_of_any_kind_is_a_space(name: str, expected: str) -> None:
    """A spreadsheet leaves no-break spaces; a joiner at the edge of a word joins nothing."""
    assert spelt(name) == expected
    assert not stranger(expected)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ma\u200brie", "U+200B ZERO WIDTH SPACE"),
        ("Marie\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("Ma\u0007rie", "U+0007"),
        ("Marie\nClaire", "U+000A"),
        ("Marie\tClaire", "U+0009"),
        ("\ufeffMarie", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("1\u200d2", "U+200D ZERO WIDTH JOINER"),
    ],
)
def test_what_is_no_spelling_is_named(name: str, said: str) -> None:
    """Nobody can see it, so its code is said."""
    assert stranger(spelt(name)) == said
