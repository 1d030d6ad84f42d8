"""What illnesses and pregnancies do to a body at visits that are for something else.

Pressure that is treated stays treated; weight comes and goes over weeks, not from one visit to the
next, on whichever of them it is measured.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from bridge.histories.care.course import Days, Whole
from bridge.histories.care.model import Effect, Module
from bridge.histories.care.story import Story

COMING: Final = ((0, 20, 0.85), (20, 45, 0.65), (45, 90, 0.4), (90, 150, 0.2))
"""Days before a module's first visit, and how much of its weight there is by then (a choice)."""

WASTING: Final = ("malnutrition",)
"""Modules of an illness that passes, but whose weight is lost over weeks."""

AFTER_BIRTH: Final = ((0, 42, 0.5), (42, 120, 0.3), (120, 240, 0.15))
"""Days since a birth, and how much of the weight of the last visit before is left (a choice)."""
LATER: Final = ((0, 60, 0.9), (60, 240, 0.4))
"""The same, of the last visit after it."""

LASTING: Final = ("sbp_mmhg", "dbp_mmhg", "weight_kg", "spo2_pct")


def lasting_effects(
    story: Story, modules: Mapping[str, Module], person: Whole, day: Days, of: Whole
) -> list[tuple[Effect, Whole]]:
    """Return what lasting illnesses do at visits (v,) that are for something else.

    Whoever is treated for high pressure has the pressure of the visit before then, too, and a
    pregnant woman her weight.
    """
    found: list[tuple[Effect, Whole]] = []
    visits = np.arange(len(person))
    for place, name in enumerate(story.names):
        pregnancy = modules[name].anchor == "pregnancy"
        stays = modules[name].kind == "chronic" or pregnancy
        rows = np.flatnonzero(story.events.module == place)
        if not rows.size or not (stays or name in WASTING):
            continue
        found += _coming(story, modules[name], rows, (person, day, of))
        if not stays:
            continue
        at = np.searchsorted(of[rows], visits, side="right") - 1  # the last one up to a visit
        before = rows[np.maximum(at, 0)]
        lasts = (at >= 0) & (story.events.person[before] == person) & (of[before] != visits)
        if pregnancy:
            after = lasts & (day >= story.delivered[person])
            lasts &= ~after
            found += _after_birth(
                story, modules[name], np.flatnonzero(after), (person, day, before)
            )
        state = story.events.state[before]
        for number, one in enumerate(modules[name].states.values()):
            some = visits[lasts & (state == number)]
            found += [(effect, some) for effect in one.vitals if effect.measure in LASTING]
    return found


def _after_birth(
    story: Story, module: Module, some: Whole, visits: tuple[Whole, Days, Whole]
) -> list[tuple[Effect, Whole]]:
    """Return what is left of a pregnancy's weight at some visits after it, and until when."""
    person, day, before = visits[0][some], visits[1][some], visits[2][some]
    delivered = story.delivered[person]
    since = (day - delivered).astype(np.int64)
    weighed_since = story.events.day[before] > delivered
    state = story.events.state[before]
    found: list[tuple[Effect, Whole]] = []
    for number, one in enumerate(module.states.values()):
        for table, of_it in ((AFTER_BIRTH, ~weighed_since), (LATER, weighed_since)):
            for least, most, part in table:
                here = some[of_it & (state == number) & (since >= least) & (since < most)]
                if here.size:
                    found += [(effect, here) for effect in _parts_of(one.vitals, part)]
    return found


def _coming(
    story: Story, module: Module, rows: Whole, visits: tuple[Whole, Days, Whole]
) -> list[tuple[Effect, Whole]]:
    """Return what weight has become before a module's first visit: it does not come in a day."""
    person, day, of = visits
    found: list[tuple[Effect, Whole]] = []
    first = np.full(len(story.clients), -1)
    first[story.events.person[rows][::-1]] = rows[::-1]
    begins = first[person]
    days = (story.events.day[begins] - day).astype(np.int64)
    ahead = (begins >= 0) & (of[begins] != np.arange(len(person))) & (days > 0)
    state = story.events.state[begins]
    for number, one in enumerate(module.states.values()):
        for least, most, part in COMING:
            some = np.flatnonzero(ahead & (state == number) & (days > least) & (days <= most))
            if some.size:
                found += [(effect, some) for effect in _parts_of(one.vitals, part)]
    return found


def _parts_of(effects: tuple[Effect, ...], part: float) -> list[Effect]:
    """Return what effects on weight are in part."""
    found = []
    for effect in effects:
        if effect.measure == "weight_kg" and effect.effect in ("add", "times"):
            ends = (effect.low or 0.0, effect.typical or 0.0, effect.high or 0.0)
            low, typical, high = (
                end * part if effect.effect == "add" else end**part for end in ends
            )
            change = {"low": low, "typical": typical, "high": high}
            found.append(effect.model_copy(update=change))
    return found
