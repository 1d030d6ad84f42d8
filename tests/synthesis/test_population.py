"""Who comes: the people of a country's file."""

from collections import Counter

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.synthesis.population import (
    DRAWS,
    FOLDER,
    YOUNGEST_DAYS,
    Population,
    load_population,
    population_names,
)
from bridge.yaml_files import parse_yaml

POPULATIONS = population_names()
TEXT = (FOLDER / "kenya.yaml").read_text(encoding="utf-8")


def draws(count: int) -> np.ndarray:
    """Return uniform numbers for as many people."""
    return np.random.default_rng(1).random((count, DRAWS))


def test_kenya_and_the_united_states_come_with_bridge() -> None:
    """As promised."""
    assert {"kenya", "us"} <= set(POPULATIONS)


@pytest.mark.parametrize("name", POPULATIONS)
def test_ages_and_sexes_are_those_of_the_pyramid(name: str) -> None:
    """Within what chance does to 20,000 people."""
    population = load_population(name)
    people = population.people(draws(20_000))
    counted = sum(band.female + band.male for band in population.pyramid.bands)
    ages = (people.age_days // 365.25).astype(int) // 5
    found = Counter(zip(people.sex.tolist(), ages.tolist(), strict=True))
    for band in population.pyramid.bands:
        for sex, number in (("F", band.female), ("M", band.male)):
            share = number / counted
            spread = 5 * (share * (1 - share) / 20_000) ** 0.5
            assert abs(found[sex, band.first // 5] / 20_000 - share) < spread
    assert people.age_days.min() >= YOUNGEST_DAYS


@pytest.mark.parametrize("name", POPULATIONS)
def test_no_known_person_is_named(name: str) -> None:
    """However the draws fall."""
    population = load_population(name)
    never = {tuple(pair) for pair in population.names.never}
    assert never
    families = len(population.names.family)
    for sex, given_names in population.names.given.items():
        first = np.repeat((np.arange(len(given_names)) + 0.5) / len(given_names), families)
        second = np.tile(np.arange(0.5, families) / families, len(given_names))
        given, family = population.names_of(np.full(len(first), sex), first, second)
        assert given.tolist() == np.repeat(given_names, families).tolist()
        assert not never & set(zip(given, family, strict=True))
        assert set(family) == set(population.names.family)


@pytest.mark.parametrize("name", POPULATIONS)
def test_names_stand_once_and_each_pair_to_avoid_can_be_made(name: str) -> None:
    """A name that stands twice is twice as common; a pair of other names avoids nothing."""
    names = load_population(name).names
    for listed in (*names.given.values(), names.family):
        assert len(set(listed)) == len(listed)
    assert not set(names.given["F"]) & set(names.given["M"])
    both = {*names.given["F"], *names.given["M"]}
    assert all(given in both and family in names.family for given, family in names.never)


@pytest.mark.parametrize("name", POPULATIONS)
def test_every_part_names_its_source(name: str) -> None:
    """A figure without one is not used."""
    population = load_population(name)
    for part in (population.facility, population.pyramid, population.names, population.places):
        assert len(part.source) > 20


def test_large_towns_come_oftener() -> None:
    """By their people."""
    population = load_population("kenya")
    found = Counter(population.addresses(draws(5000)[:, 0])[:, 0])
    towns = {town.city_village: town.people for town in population.places.towns}
    assert found.most_common(1)[0][0] == max(towns, key=lambda town: towns[town])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Africa/Nairobi", "Africa/Nairobbi", "facility.time_zone: unknown time zone"),
        ("{from: 5, ", "{from: 6, ", "pyramid: bands: after 4 comes from: 5"),
        ("{from: 5, to: 9", "{from: 5, to: 4", "to: comes after from"),
        ("female: 2986769", "female: -1", "female: .*greater than or equal to 0"),
        ("opens:", "open:", "facility.open: unknown key, did you mean 'opens'"),
        ('opens: "08:00"', 'opens: "16:30"', "closes: a facility is open for two hours"),
        ("mon,", "monday,", r"facility.days.0: .*'mon'"),
        ("    F: [", "    G: [", "names.given.G"),
    ],
)
def test_a_fault_in_a_file_names_line_and_key(old: str, new: str, complaint: str) -> None:
    """Users add countries by adding files."""
    assert old in TEXT
    with pytest.raises(InputError, match=r"x.yaml:\d+: .*" + complaint):
        parse_yaml(TEXT.replace(old, new, 1), Population, place="x.yaml")


@pytest.mark.parametrize("word", ["No", "yes", "On", "Null", "7", "1e6", "2024-01-05"])
@pytest.mark.parametrize("before", ["  family: [", "    F: [", "  country: "])
def test_a_name_that_yaml_takes_for_another_thing_is_to_be_quoted(word: str, before: str) -> None:
    """Norwegian No and the number 7 alike: a word must not vanish into a truth."""
    start = TEXT.index(before) + len(before)
    after = TEXT[start:].partition("\n")[2] if before.endswith(" ") else f", {TEXT[start:]}"
    text = f"{TEXT[:start]}{word}\n{after}" if before.endswith(" ") else TEXT[:start] + word + after
    if word == "1e6":
        parse_yaml(text, Population, place="x.yaml")
        return
    with pytest.raises(InputError, match=f'YAML reads {word} as .*: put it in quotes: "{word}"'):
        parse_yaml(text, Population, place="x.yaml")


def test_names_are_spelt_as_everywhere() -> None:
    """A no-break space is a space, a joiner between letters is spelling."""
    named = TEXT.replace(
        "  family: [", '  family: ["Ni\u00a0Mhurchu", "\u0645\u062d\u200c\u0645",', 1
    )
    family = parse_yaml(named, Population, place="x.yaml").names.family
    assert family[:2] == ["Ni Mhurchu", "\u0645\u062d\u200c\u0645"]
    for strange in ("\u00a0", "Mhur\\u200bchu"):
        with pytest.raises(InputError, match=r"names.family.0: "):
            parse_yaml(
                TEXT.replace("  family: [", f'  family: ["{strange}",', 1), Population, place="x"
            )


def test_an_unknown_population_is_told_with_the_nearest() -> None:
    """And the known ones."""
    with pytest.raises(InputError, match=r"did you mean 'kenya'.*known are"):
        load_population("kenia")
