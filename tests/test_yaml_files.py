"""What YAML makes of words that stand without quotes."""

import datetime

import pytest

from bridge.errors import InputError
from bridge.yaml_files import YamlModel, parse_yaml


class Clinic(YamlModel):
    """A file with words, numbers and times."""

    names: tuple[str, ...] = ()
    code: str = ""
    beds: int = 0
    opens: datetime.time | None = None


@pytest.mark.parametrize(
    "word", ["No", "no", "NO", "Yes", "On", "off", "true", "Null", "null", "~"]
)
def test_a_word_that_yaml_takes_for_another_thing_is_to_be_quoted(word: str) -> None:
    """A family called No must not become False, nor one called Null vanish."""
    with pytest.raises(InputError) as refused:
        parse_yaml(f"names: [Otieno,\n  {word}]", Clinic, place="c.yaml")
    assert str(refused.value).startswith(f"c.yaml:2: names.1: YAML reads {word} as ")
    assert str(refused.value).endswith(f'put it in quotes: "{word}"')


def test_a_date_among_words_is_to_be_quoted() -> None:
    """As any other word that YAML reads otherwise."""
    with pytest.raises(InputError, match='as a date: put it in quotes: "2024-01-05"'):
        parse_yaml("code: 2024-01-05", Clinic, place="c.yaml")


@pytest.mark.parametrize("number", ["0123", "1_000", "1.10", "0x1F", "1e3", "+5"])
def test_a_number_is_a_word_only_where_it_stays_as_written(number: str) -> None:
    """YAML has 0123 for 83."""
    if not number.endswith("e3"):  # which is a word to YAML
        with pytest.raises(InputError, match="as a number: put it in quotes"):
            parse_yaml(f"code: {number}", Clinic, place="c.yaml")
    assert parse_yaml(f'code: "{number}"', Clinic, place="c.yaml").code == number
    assert parse_yaml("code: 5089", Clinic, place="c.yaml").code == "5089"


def test_a_time_without_quotes_is_no_number_of_sixties() -> None:
    """9:00 would be 540 seconds, so that the clinic opened at nine past midnight."""
    with pytest.raises(InputError, match=r'c.yaml:1: YAML reads 9:00 as a number: .*"9:00"'):
        parse_yaml("opens: 9:00", Clinic, place="c.yaml")
    assert parse_yaml('opens: "09:00"', Clinic, place="c.yaml").opens == datetime.time(9)


def test_numbers_truths_and_quoted_words_stay_what_they_are() -> None:
    """Nothing else has changed."""
    read = parse_yaml('names: ["No", "null"]\nbeds: 7\n', Clinic, place="c")
    assert read.names == ("No", "null")
    assert read.beds == 7
