"""What becomes of people in long-term care and pregnancy, beside what is published.

By hand: python -m tests.bench.care_outcomes [--population kenya] [--count 40000]
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np

from bridge.histories.care.model import EXITS
from bridge.histories.care.story import Story
from bridge.mapping.loading import load_mapping
from bridge.synthesis.care_cohort import AT_ONCE, CareCohort
from bridge.synthesis.cohort import BLOCK, Request

YEAR: Final = 365.25
AS_OF: Final = date(2026, 11, 28)


class Row(NamedTuple):
    """One figure: (cases, of how many), and what is published."""

    name: str
    cases: float
    of: float
    target: str


@dataclass
class Path:
    """One person's way through a module."""

    states: list[str]
    days: list[int]
    left: str
    """How it ended, or "" while it goes on."""
    ended: int
    has: set[str]
    new: bool
    """Found within the record."""


def paths(story: Story, module: str) -> Iterator[Path]:
    """Yield the ways of all who were seen in a module."""
    if module not in story.names:
        return
    events, members = story.events, story.members[module]
    rows = np.flatnonzero(events.module == story.names.index(module))
    exits = story.asked[module].left
    ends = dict(zip(exits.person.tolist(), range(len(exits.person)), strict=True))
    last = int(story.clients.as_of.astype(int))
    begins = story.clients.begins
    for person in np.unique(events.person[rows]).tolist():
        mine = rows[events.person[rows] == person]
        how, ended = "", last
        if person in ends:
            day = int(exits.day[ends[person]].astype(int))
            if day < last:
                how, ended = EXITS[int(exits.how[ends[person]])], day
        yield Path(
            states=[STATES[module][int(s)] for s in events.state[mine]],
            days=[int(d) for d in events.day[mine].astype(int)],
            left=how,
            ended=ended,
            has={name for name, of in story.members.items() if of.who[person]},
            new=bool(members.since[person] >= begins[person]),
        )


STATES: dict[str, list[str]] = {}


def share(name: str, target: str, which: list[Path], holds: Callable[[Path], bool]) -> Row:
    """Return the share of ways of which something holds."""
    return Row(name, sum(map(holds, which)), len(which), target)


def rate(name: str, target: str, which: list[Path], how: str) -> Row:
    """Return how many leave in some manner per year in care."""
    years = sum(max(p.ended - p.days[0], 1) for p in which) / YEAR
    return Row(name, sum(p.left == how for p in which), years, target)


def chronic(of: dict[str, list[Path]]) -> Iterator[Row]:
    """Yield the figures of long-term care."""
    pressure = [p for p in of["hypertension"] if p.left in ("", "lost")]
    seen = [p for p in pressure if not p.left and p.states[-1] != "found"]
    yield share(
        "pressure: at target, no diabetes",
        ".55 at 24 months (Kibera)",
        [p for p in seen if "diabetes" not in p.has],
        lambda p: p.states[-1] == "controlled",
    )
    yield share(
        "pressure: at target, diabetes too",
        ".28 (Kibera)",
        [p for p in seen if "diabetes" in p.has],
        lambda p: p.states[-1] == "controlled",
    )
    yield rate("pressure: lost a year", ".15 (31 % by up to 30 months)", of["hypertension"], "lost")
    sugar = [p for p in of["diabetes"] if not p.left]
    yield share("diabetes: at target", ".20 to .40", sugar, lambda p: p.states[-1] == "at_target")
    yield rate("diabetes: lost a year", ".35 (Kampala)", of["diabetes"], "lost")
    hiv = [p for p in of["hiv"] if not p.left and not p.new]
    yield share(
        "HIV: unsuppressed, in care before",
        ".09 (KENPHIA)",
        hiv,
        lambda p: p.states[-1] in ("unsuppressed", "support", "failed", "returned"),
    )
    begun = [p for p in of["hiv"] if p.new and p.ended - p.days[0] > 0]
    year = [p for p in begun if p.left or p.ended - p.days[0] >= YEAR]
    yield share(
        "HIV: in care a year after the start",
        ".63 here, .79 anywhere (Nairobi 2013-15)",
        year,
        lambda p: p.ended - p.days[0] >= YEAR,
    )
    yield rate("HIV: dead a year", ".014 (4.1 % at 36 months)", of["hiv"], "died")
    tb = [p for p in of["tuberculosis"] if p.new and "found" in "".join(p.states)]
    old = [p for p in tb if p.left or p.states[-1] == "completed"]
    for how, target in (("cured", ".87"), ("died", ".06"), ("lost", ".04"), ("referred", ".01")):
        left = sum(path.left == how for path in old)
        yield Row(f"TB: {how}", left, len(old), f"{target} (WHO profile)")
    yield share(
        "epilepsy: free of fits",
        ".60 to .70",
        [p for p in of["epilepsy"] if not p.left],
        lambda p: p.states[-1].startswith("free"),
    )
    yield share(
        "asthma: controlled",
        "most",
        [p for p in of["asthma"] if not p.left],
        lambda p: p.states[-1] == "controlled",
    )
    years = sum(max(p.ended - p.days[0], 1) for p in of["sickle_cell"]) / YEAR
    crises = sum(p.states.count("crisis") for p in of["sickle_cell"])
    yield Row("sickle cell: crises a year", crises, years, "1 to 3 (recalled)")
    yield rate("heart failure: dead a year", ".12", of["heart_failure"], "died")
    yield rate("family planning: stopped a year", ".10 to .35", of["family_planning"], "lost")


def pregnancy(stories: list[Any]) -> Iterator[Row]:
    """Yield the figures of pregnancies that lie within the record as a whole."""
    whole = [one for story in stories for one in _pregnancies(story)]
    weeks = [[s for s in states if s.startswith("week_") and int(s[5:]) > 6] for states in whole]
    count = len(whole)
    yield Row(
        "pregnancy: four contacts or more",
        sum(len(w) >= 4 for w in weeks),
        count,
        ".66 (KDHS 2022)",
    )
    yield Row(
        "pregnancy: first contact by 13 weeks",
        sum("week_12" in w for w in weeks),
        count,
        ".20 to .30",
    )
    yield Row(
        "pregnancy: birth here",
        sum(any(s.startswith("birth") for s in w) for w in whole),
        count,
        ".88",
    )
    ill = sum(any("pre_eclampsia" in s for s in states) for states in whole)
    yield Row("pregnancy: pre-eclampsia", ill, count, ".04")
    born = [w for w in whole if any(s.startswith("birth") for s in w)]
    after = sum(any(s in ("day_3", "week_2", "week_6") for s in w) for w in born)
    yield Row("pregnancy: any contact after a birth here", after, len(born), ".63 (PMC5956968)")


def _pregnancies(story: Story) -> Iterator[list[str]]:
    if "antenatal" not in story.names:
        return
    events, names = story.events, STATES["antenatal"]
    of_module = events.module == story.names.index("antenatal")
    due = story.conceived + 290 + 60
    whole = (story.conceived >= story.clients.begins) & (due < story.clients.as_of)
    for person in np.flatnonzero(whole).tolist():
        mine = of_module & (events.person == person)
        yield [names[int(s)] for s in events.state[mine]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--population", default="kenya")
    parser.add_argument("--count", type=int, default=40_000)
    asked = parser.parse_args()
    limits = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
    request = Request(
        seed=11, as_of=AS_OF, population=asked.population, visits=None, limits=limits, chart="full"
    )
    cohort = CareCohort(request, asked.count)
    stories: list[Story] = []
    of: dict[str, list[Path]] = {}
    for place in range(-(-asked.count // (AT_ONCE * BLOCK))):
        record = cohort.part(place).record
        STATES.update({n: list(m.states) for n, m in record.modules.items()})
        stories.append(record.story)
        for module, made in record.modules.items():
            if made.kind == "chronic":
                of.setdefault(module, []).extend(paths(record.story, module))
    for row in (*chronic(of), *pregnancy(stories)):
        print(
            f"{row.name:42} {row.cases / max(row.of, 1e-9):6.3f}  of {row.of:8.0f}   {row.target}"
        )


if __name__ == "__main__":
    main()
