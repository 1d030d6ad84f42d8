"""How much of a record an answer shows."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.representation import (
    DEFAULT,
    FULL,
    REF,
    Representation,
    parse_custom,
    parse_parameter,
    write,
)

from .clinic import Clinic

NAMES = st.from_regex(r"[a-z][A-Za-z]{0,12}", fullmatch=True)


def _custom(inner: st.SearchStrategy[Representation]) -> st.SearchStrategy[Representation]:
    properties = st.lists(st.tuples(NAMES, inner), min_size=1, max_size=4).map(tuple)
    return properties.map(lambda found: Representation(name="custom", properties=found))


CUSTOM = _custom(st.recursive(st.sampled_from([REF, DEFAULT, FULL]), _custom, max_leaves=12))


@given(CUSTOM)
def test_reading_what_was_written_gives_the_same(representation: Representation) -> None:
    assert parse_custom(write(representation)) == representation


@given(st.text(alphabet="abc(),:{} ", max_size=60))
def test_any_text_is_some_representation(text: str) -> None:
    assert parse_parameter(f"custom:{text}").name == "custom"


def test_names_are_read_and_others_are_the_default() -> None:
    assert [parse_parameter(name) for name in ("ref", "full", "other")] == [REF, FULL, DEFAULT]


def test_custom_shows_just_what_it_names_down_to_the_leaves(clinic: Clinic) -> None:
    uuid = clinic.patient()
    shown = clinic.read(
        f"patient/{uuid}", v="custom:(uuid,person:(gender,preferredName:(familyName)))"
    )
    assert shown["person"]["preferredName"]["familyName"] == "Otieno"
    assert shown.keys() == {"uuid", "person", "resourceVersion"}
    assert shown["person"].keys() == {"gender", "preferredName", "resourceVersion"}


def test_a_property_that_does_not_exist_is_refused(clinic: Clinic) -> None:
    answer = clinic.ask("GET", "location", v="custom:(uuid,nosuch)")
    assert answer.status_code == 400
    assert "Unknown property 'nosuch'" in answer.json()["error"]["message"]
