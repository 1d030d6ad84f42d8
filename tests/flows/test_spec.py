"""What a table's columns mean: the file says it, keeps it, and is told where it is wrong."""

from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.flows.spec import Spec, find_spec, load_spec, shipped_spec, spec_from, spec_text
from bridge.yaml_files import parse_yaml

TEXT = """\
about: Nobody's data
rows: {examined: ["1"]}
conditions:
  sex: {kind: category, columns: [sex], levels: {F: [female, "2"], M: [male, "1"]}}
  age_months:
    kind: age
    columns: {age_days: day, age_years: year}
    oldest: 80
  income: {kind: number, columns: [income], low: 0, high: 9}
outputs:
  height_cm: {columns: [height_cm], unit: cm, step: 0.1, decimals: 1, spread: digits, low: 30}
  smoker:
    kind: category
    columns: [smoker]
    levels: [never, daily]
    steps: {age_months: [24]}
    measured: {age_months: {from: 216, below: 960}, sex: [F]}
fit: {hidden: [8], epochs: 3}
"""


def parse(text: str = TEXT) -> Spec:
    return parse_yaml(text, Spec, place="my.yaml")


@pytest.mark.parametrize("spec", [parse(), shipped_spec("population"), shipped_spec("illness")])
def test_a_spec_comes_back_from_its_own_text_and_from_a_header(spec: Spec) -> None:
    """Both are kept, and a model is only as good as what is known of its columns."""
    assert parse(spec_text(spec)) == spec
    header = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert spec_from(header) == spec


def test_a_list_of_levels_is_written_as_it_is_read() -> None:
    assert parse().outputs["smoker"].levels == {"never": ["never"], "daily": ["daily"]}


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("oldest: 80", "oldst: 80", r":8: .*age_months\.oldst: unknown key, did you mean 'oldest'"),
        ("oldest: 80", "oldest: -1", r":8: .*age_months\.oldest: .*greater than 0 \(found -1\)"),
        ("kind: number, ", "", r":9: conditions\.income\.kind: is missing"),
        ("kind: number", "kind: numbr", r":9: conditions\.income\.kind: .*'number'.*'numbr'"),
        ("low: 0, high: 9", "low: 9, high: 0", r":9: conditions\.income: .*low under high"),
        ("low: 0, high: 9", "low: 0", r":9: conditions\.income: .*needs both"),
        ('levels: {F: [female, "2"], M: [male, "1"]}', "unknown: true", r":4: .*sex: levels: "),
        ("columns: {age_days: day, age_years: year}", "columns: [age]", r":5: .*age_months: colum"),
        (
            "age_years: year",
            "age_years: yr",
            r":7: .*age_months\.columns.*'day', 'month' or 'year'",
        ),
        ("[income]", "[]", r":9: conditions\.income\.columns.*at least 1 item"),
        ("low: 30", "low: 0", r":11: outputs\.height_cm: spread: digits needs positive values"),
        ("low: 30", "low: 30, high: 20", r":11: outputs\.height_cm: low: must be under high"),
        ("spread: digits", "spread: wide", r":11: outputs\.height_cm\.spread: .*'ranks' or 'digi"),
        ("[never, daily]", "[never]", r":12: outputs\.smoker: levels: a category needs two"),
        (
            "below: 960",
            "belw: 960",
            r":17: outputs\.smoker\.measured\.age_months.*did you mean 'be",
        ),
        ("steps: {age_months", "steps: {sex", r"outputs\.smoker\.steps: sex is no number or age"),
        ("sex: [F]", "sex: {from: 1}", r"outputs\.smoker\.measured\.sex: levels of a category"),
        ("sex: [F]", "race: [F]", r"outputs\.smoker\.measured: race is no condition"),
        ("height_cm: {", "sex: {", r": outputs: sex is a condition as well"),
        ("fit: {hidden", "fits: {hidden", r":18: fits: unknown key, did you mean 'fit'"),
        ("[8]", "[0]", r":18: fit\.hidden\.0: .*greater than 0"),
    ],
)
def test_a_fault_names_file_line_and_key(good: str, bad: str, complaint: str) -> None:
    """And what was expected, in one line."""
    assert good in TEXT
    with pytest.raises(InputError, match=r"my\.yaml:\d*.*") as caught:
        parse(TEXT.replace(good, bad, 1))
    assert caught.match(complaint)
    assert "\n" not in str(caught.value)


def test_a_spec_without_outputs_makes_nothing() -> None:
    with pytest.raises(InputError, match=r"my\.yaml:1: outputs: is missing"):
        parse("about: Nothing\n")


def test_a_header_s_fault_is_one_line() -> None:
    with pytest.raises(ValueError, match=r"^spec\.outputs\.a\.colour: [^\n]*$"):
        spec_from({"outputs": {"a": {"columns": ["a"], "colour": "red"}}})


def test_a_spec_is_found_by_name_or_by_its_file(tmp_path: Path) -> None:
    """A name that is neither is told with what there is."""
    assert find_spec("illness") == shipped_spec("illness")
    file = tmp_path / "own.yaml"
    file.write_text(TEXT, encoding="utf-8")
    assert find_spec(str(file)) == load_spec(file) == parse()
    with pytest.raises(InputError, match=r"sickness: no such file.*\(illness, labs, population\)"):
        find_spec("sickness")


def test_levels_that_are_no_words_are_an_error_and_no_fault() -> None:
    """As of a list with a list in it."""
    with pytest.raises(InputError, match="levels"):
        parse(TEXT.replace("levels: [never, daily]", "levels: [{never: daily}, [x]]"))
