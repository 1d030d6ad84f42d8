"""How patients go through modules: numbers by purpose, ways, lateness, contacts in their order."""

import numpy as np
import pytest

from bridge.histories.care.centiles import drawn
from bridge.histories.care.clients import Clients, Members
from bridge.histories.care.contacts import contact_course
from bridge.histories.care.course import Threads, Walk, together
from bridge.histories.care.model import Module
from bridge.histories.care.randomness import Keys, derived, scores, uniforms
from bridge.histories.care.situation import Situation
from bridge.histories.care.story import describe
from bridge.yaml_files import parse_yaml

AS_OF = np.datetime64("2026-11-21")
MANY = 4000

HEAD = """
module: {name}
title: A module
about: of tests
sources: {{s: {{text: nobody, verified: choice}}}}
kind: {kind}
who: {{}}
"""


def module(kind: str, rest: str, name: str = "trial") -> Module:
    """Return a module of some YAML."""
    return parse_yaml(HEAD.format(kind=kind, name=name) + rest, Module, place="trial.yaml")


def clients(count: int = MANY) -> Clients:
    """Return women of thirty whose clinic is always open."""
    keys: Keys = derived(np.arange(count).astype(np.uint64), "people")
    return Clients(
        country="kenya",
        as_of=AS_OF,
        keys=keys,
        sex=np.full(count, "F"),
        birth=np.full(count, AS_OF - 11000),
        next_open=lambda day: day,
        open_until=lambda day, last: np.minimum(day, last),
    )


def walk(of: Module, people: Clients) -> Walk:
    """Return the walk of people through a module."""
    never = np.full(len(people), np.datetime64("NaT", "D"))
    return Walk(
        module=of,
        keys=derived(people.keys, of.module),
        people=people.keys,
        grid=people.grid,
        describe=describe(people, {}, {}, never, never),
        last=AS_OF - 1,
        next_open=people.next_open,
    )


def begun(people: Clients, day: np.datetime64) -> Threads:
    """Return everybody before a first visit on a day."""
    person = np.arange(len(people))
    none = person * 0
    return Threads(
        person=person, state=none, day=np.full(len(people), day), step=none, ordinal=none
    )


def test_numbers_are_uniform_and_hang_on_the_purpose_alone() -> None:
    """The same for whoever is beside; another for another purpose."""
    keys = clients().keys
    found = uniforms(keys, "a")
    assert abs(found.mean() - 0.5) < 0.02 and abs(found.std() - 0.2887) < 0.01
    assert (uniforms(keys[5:9], "a") == found[5:9]).all()
    assert abs(np.corrcoef(found, uniforms(keys, "b"))[0, 1]) < 0.05
    assert abs(scores(keys, "a").std() - 1) < 0.05


def test_centiles_are_kept_and_bounds_hold_strictly() -> None:
    """5, 50 and 95 %; within bounds nobody is heaped on the bound."""
    z = scores(clients(40_000).keys, "z")
    free = drawn(z, (10.0, 20.0, 50.0))
    assert np.percentile(free, [5, 50, 95]) == pytest.approx([10, 20, 50], rel=0.03)
    held = drawn(z, (10.0, 20.0, 50.0), at_least=15.0, at_most=30.0)
    assert held.min() >= 15 and held.max() <= 30
    assert (held == 15).sum() < 10
    assert (np.diff(held[np.argsort(z)]) >= 0).all()


def test_ways_are_taken_by_their_shares_and_exits_end() -> None:
    """Half come again, a fifth are referred, the rest are well."""
    of = module(
        "acute",
        """
states:
  first:
    next:
      - {to: again, share: 0.5, after_days: [2, 3], kept: 1.0, source: s}
      - {to: referred, share: 0.2, source: s}
  again: {}
""",
    )
    course = walk(of, clients()).run(begun(clients(), AS_OF - 200))
    again = course.visits.state == 1
    assert again.mean() == pytest.approx(1 / 3, abs=0.02)
    assert len(course.left.person) / MANY == pytest.approx(0.2, abs=0.03)
    waited = (course.visits.day[again] - (AS_OF - 200)).astype(int)
    assert waited.min() >= 2 and waited.max() <= 63
    assert np.mean(waited <= 6) == pytest.approx(2 / 3, abs=0.04)  # 60 of 90 % within three days


def test_who_misses_an_appointment_of_a_lasting_illness_comes_for_the_next() -> None:
    """Of an acute one they do not come at all."""
    rest = """
onset: {low: 1, typical: 2, high: 3, source: s}
entry: seen
standing: [{state: seen, share: 1, source: s}]
states:
  seen:
    next: [{to: seen, share: 1, after_days: [28, 28], source: s}]
"""
    lasting = walk(module("chronic", rest), clients()).run(begun(clients(), AS_OF - 100))
    assert np.isnat(lasting.asked.came).sum() == 0
    acute = walk(module("acute", rest), clients()).run(begun(clients(), AS_OF - 100))
    assert np.isnat(acute.asked.came).mean() > 0.05


def test_several_lasting_illnesses_share_their_visits() -> None:
    """Days near each other become one, a little early or late, and not every 28 days to the day."""
    key = np.repeat(clients(1).keys, 200)
    day = np.datetime64("2026-03-01") + np.arange(200)
    moved = together(day, np.full(200, 5), key)
    assert len(set(moved.tolist())) <= 9
    assert np.abs((moved - day).astype(int)).max() <= 14 + 3
    assert len(set(np.diff(sorted(set(moved.tolist()))))) > 1


CONTACTS = """
anchor: pregnancy
contacts:
  - {state: early, day: 100, late: [0, 0], kept: 1.0, source: s}
  - {state: late, day: 270, late: [0, 0], kept: 1.0, source: s}
  - {state: birth, day: 260, late: [0, 20], kept: 1.0, source: s}
  - {state: after, day: 7, late: [0, 0], from_birth: true, kept: 1.0, source: s}
states:
  early: {}
  late: {}
  birth: {delivers: true}
  after: {}
"""


def test_contacts_come_in_order_and_after_a_birth_count_from_it() -> None:
    """Who gave birth on day 260 does not come pregnant on day 270."""
    of, people = module("contacts", CONTACTS), clients(500)
    since = np.full(500, AS_OF - 400)
    members = Members(who=np.ones(500, dtype=bool), since=since)
    course, births = contact_course(of, people, members, walk(of, people))
    visits = course.visits
    assert not np.isnat(births).any()
    late = visits.state == 1
    assert 0 < late.sum() < 500
    assert (visits.day[late] < births[visits.person[late]]).all()
    after = visits.state == 3
    assert after.sum() == 500
    assert (visits.day[after] - births[visits.person[after]] == np.timedelta64(7, "D")).all()


def test_what_holds_of_whom() -> None:
    """Ages, sexes, weights, pregnancy, results."""
    from bridge.histories.care.model import When

    who = Situation(
        country="kenya",
        months=np.array([10.0, 130.0, 400.0]),
        sex=np.array(["F", "M", "F"]),
        pregnant=np.array([False, False, True]),
        weeks=np.array([np.nan, np.nan, 20.0]),
        step=np.array([0, 1, 2]),
        measured={"weight_kg": np.array([8.0, 30.0, np.nan])},
        answers={"hiv_rapid": np.array(["", "negative", "positive"], dtype=object)},
    )
    assert who.where(When(months=(0, 12))).tolist() == [True, False, False]
    assert who.where(When(kg=(5, 40))).tolist() == [True, True, False]
    assert who.where(When(pregnant=True, weeks=(13, 28))).tolist() == [False, False, True]
    assert who.where(When(answers={"hiv_rapid": ("positive",)})).tolist() == [False, False, True]
    assert who.where(When(countries=("nepal",))).tolist() == [False] * 3
    assert who.where(When(results={"cd4": (0, 200)})).tolist() == [False] * 3
