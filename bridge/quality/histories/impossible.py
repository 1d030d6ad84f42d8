"""What cannot be: counted in an event table as it stands, not in what the measures make of it."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import BEFORE, IMMUNIZATION, TEST, VISIT, EventTable
from bridge.quality.histories.rules import load_rules

Rows = NDArray[np.bool_]

YEAR: Final = np.timedelta64(31_557_600, "s")
CERTIFIES_DEATH: Final = "death certification"
CANNOT_BE: Final = (
    "before birth",
    "after the record ends",
    "before the record begins",
    "stops before it starts",
    "twice in a visit",
    "from before the record",
)
"""What a reader's reasons for leaving out an event say when it cannot be."""

FEWEST: Final = 20
"""Real people (or doses) from whom on it says something that all are of one sex (or age)."""

SLACK: Final = 1.0
"""Years by which a vaccine may be outside the ages at which real people had it."""


class Impossible(NamedTuple):
    """How much of one impossible thing is in a table."""

    what: str
    events: int
    people: int | None
    """None where the table does not say whose the events were."""
    of: int
    """People of the table."""
    example: str
    """The first case in words, empty where there is none."""


def impossible(table: EventTable) -> list[Impossible]:
    """Count everything that cannot be in any history, whatever the real people are like."""
    checks: dict[str, Callable[[EventTable], Rows]] = {
        "a code of the other sex": _other_sex,
        "a vaccine at an age outside all schedules": _wrong_age,
        "before birth": lambda t: _day(t.time) < t.birth[t.owner],
        "after death": lambda t: _day(t.time) > t.death[t.owner],
        "a visit outside the record": _outside,
        "a stop before its start": lambda t: t.stop < t.time,
        "the same code twice in a visit": _twice,
        "one start with two ends": _two_ends,
        "something after the death certificate": _after_certificate,
        "an event of a visit that is not there": _no_visit,
    }
    return [*(_counted(what, table, check(table)) for what, check in checks.items()), _read(table)]


def _read(table: EventTable) -> Impossible:
    """Count what the reader of a file left out because it cannot be: it is not in the table."""
    reasons = {
        reason: many
        for reason, many in table.dropped.items()
        if any(word in reason for word in CANNOT_BE)
    }
    said = "; ".join(f"{many:,} {reason}" for reason, many in reasons.items())
    return Impossible("left out in reading", sum(reasons.values()), None, len(table), said)


def unseen(table: EventTable, real: EventTable) -> list[Impossible]:
    """Count what may be, but is in none of the real people though it could be expected."""
    sexes = _one_sex_of(real)
    spans = _vaccine_spans(real)
    age = _years(table)
    other = np.array(
        [
            sexes.get((kind, code), sex) != sex
            for kind, code, sex in zip(
                table.kind, table.code, table.sex[table.owner].tolist(), strict=True
            )
        ],
        dtype=np.bool_,
    )
    bounds = [spans.get(code, (0.0, np.inf)) for code in table.code]
    low, high = (np.array([pair[k] for pair in bounds]) for k in (0, 1))
    late = (table.kind == IMMUNIZATION) & ((age < low - SLACK) | (age > high + SLACK))
    return [
        _counted(
            f"a code that real people have in one sex only, of {FEWEST} or more", table, other
        ),
        _counted("a vaccine a year outside the ages of the real people's", table, late),
    ]


def _counted(what: str, table: EventTable, rows: Rows) -> Impossible:
    found = np.flatnonzero(rows)
    people = len(np.unique(table.owner[found]))
    return Impossible(what, len(found), people, len(table), _example(table, found))


def _example(table: EventTable, found: NDArray[np.int64]) -> str:
    if not len(found):
        return ""
    k = int(found[0])
    owner = int(table.owner[k])
    years = float(_years(table)[k])
    name = table.display.get((table.kind[k], table.code[k])) or table.code[k]
    return f"{table.person[owner]} ({table.sex[owner]}): {name} at {years:.1f} years"


def _names(table: EventTable) -> list[str]:
    return [
        f"{table.display.get((kind, code), '')} {code}"
        for kind, code in zip(table.kind, table.code, strict=True)
    ]


def _other_sex(table: EventTable) -> Rows:
    rules = load_rules().one_sex
    names = _names(table)
    distinct = set(names)
    found = np.zeros(len(names), dtype=np.bool_)
    for sex, other in (("female", "M"), ("male", "F")):
        of_sex = {name for name in distinct if rules[sex].holds(name)}  # type: ignore[index]
        held = np.array([name in of_sex for name in names], dtype=np.bool_)
        found |= held & (table.sex[table.owner] == other)
    return found


def _wrong_age(table: EventTable) -> Rows:
    rules = load_rules().vaccine_ages.vaccines
    age, found = _years(table), np.zeros(len(table.owner), dtype=np.bool_)
    for k in np.flatnonzero(table.kind == IMMUNIZATION).tolist():
        name = f"{table.display.get((IMMUNIZATION, table.code[k]), '')} {table.code[k]}"
        rule = next((one for one in rules if one.holds(name)), None)
        found[k] = rule is not None and not rule.youngest <= age[k] <= rule.oldest
    return found


def _outside(table: EventTable) -> Rows:
    day, owner = _day(table.time), table.owner
    outside = (day < table.begin[owner]) | (day > table.end[owner])
    found: Rows = outside & (table.visit != BEFORE)
    return found


def _twice(table: EventTable) -> Rows:
    """Find codes that a visit has already; a test may be taken twice in a stay."""
    seen: set[tuple[object, ...]] = set()
    found = np.zeros(len(table.owner), dtype=np.bool_)
    columns = (table.owner, table.visit, table.kind, table.code)
    for k in np.flatnonzero((table.visit != BEFORE) & (table.kind != TEST)).tolist():
        key = tuple(column[k] for column in columns)
        found[k] = key in seen
        seen.add(key)
    return found


def _two_ends(table: EventTable) -> Rows:
    stops: dict[tuple[object, ...], object] = {}
    found = np.zeros(len(table.owner), dtype=np.bool_)
    for k in np.flatnonzero(~np.isnat(table.stop)).tolist():
        key = (table.owner[k], table.time[k], table.kind[k], table.code[k])
        found[k] = stops.setdefault(key, table.stop[k]) != table.stop[k]
    return found


def _after_certificate(table: EventTable) -> Rows:
    certifies = {
        code
        for (kind, code), name in table.display.items()
        if kind == VISIT and CERTIFIES_DEATH in name.casefold()
    }
    when = np.full(len(table), np.datetime64("NaT", "s"))
    for k in np.flatnonzero(table.kind == VISIT).tolist():
        if table.code[k] in certifies:
            when[table.owner[k]] = np.fmin(when[table.owner[k]], table.time[k])
    found: Rows = table.time > when[table.owner]
    return found


def _no_visit(table: EventTable) -> Rows:
    visits = (table.kind == VISIT) & (table.visit != BEFORE)
    there = set(zip(table.owner[visits].tolist(), table.visit[visits].tolist(), strict=True))
    pairs = zip(table.owner.tolist(), table.visit.tolist(), strict=True)
    return np.array([visit != BEFORE and (o, visit) not in there for o, visit in pairs], np.bool_)


def _one_sex_of(real: EventTable) -> dict[tuple[str, str], str]:
    """Return the codes that at least FEWEST real people have, all of one sex, and which."""
    people: dict[tuple[str, str], set[int]] = {}
    for kind, code, owner in zip(real.kind, real.code, real.owner.tolist(), strict=True):
        people.setdefault((kind, code), set()).add(owner)
    found = {}
    for word, owners in people.items():
        sexes = {str(real.sex[owner]) for owner in owners}
        if len(owners) >= FEWEST and len(sexes) == 1:
            found[word] = sexes.pop()
    return found


def _vaccine_spans(real: EventTable) -> dict[str, tuple[float, float]]:
    """Return the ages at which at least FEWEST doses of a vaccine were given."""
    rows = np.flatnonzero(real.kind == IMMUNIZATION)
    age = _years(real)
    ages: dict[str, list[float]] = {}
    for k in rows.tolist():
        ages.setdefault(real.code[k], []).append(float(age[k]))
    return {code: (min(some), max(some)) for code, some in ages.items() if len(some) >= FEWEST}


def _years(table: EventTable) -> NDArray[np.float64]:
    age = table.time - table.birth.astype("datetime64[s]")[table.owner]
    return np.asarray(age / YEAR, dtype=np.float64)


def _day(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    return times.astype("datetime64[D]")
