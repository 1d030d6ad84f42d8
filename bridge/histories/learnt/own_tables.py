"""A user's own events.csv and people.csv as an event table.

events.csv  patient, time, type, code, value; where there are some: visit, unit, end, display
people.csv  patient, sex, birth, death; where they are known: begin, end of the record
Without `begin` a record begins with the first event, without `end` it ends with death or with the
last event of the table. Without visits, the events of one day are a visit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bridge.errors import InputError
from bridge.formula_guard import unguarded
from bridge.histories.events import (
    CONDITION,
    DRUG,
    EVENT_TYPES,
    IMMUNIZATION,
    PROCEDURE,
    TEST,
    VISIT,
    EventTable,
)
from bridge.histories.learnt.anchoring import (
    Bools,
    Events,
    Ints,
    Objects,
    People,
    Visits,
    event_table,
    words,
)
from bridge.histories.learnt.times import Times, days, parse_times
from bridge.tables.column_names import words_of
from bridge.tables.numbers import parse_number
from bridge.tables.reading import TextTable, read_text_table

PLAIN_VISIT: Final = "visit"
"""The kind of a visit that the table does not name."""

_NAMES: Final = {
    "patient": ("patient", "patientid", "person", "personid", "pid", "id"),
    "time": ("time", "date", "datetime", "timestamp", "start"),
    "type": ("type", "kind", "eventtype"),
    "code": ("code", "concept"),
    "value": ("value", "result"),
    "visit": ("visit", "visitid", "encounter", "encounterid"),
    "unit": ("unit", "units"),
    "end": ("end", "stop", "recordend"),
    "display": ("display", "description", "name"),
    "sex": ("sex", "gender"),
    "birth": ("birth", "birthdate", "birthday", "dob", "dateofbirth"),
    "death": ("death", "deathdate", "died", "dateofdeath"),
    "begin": ("begin", "start", "recordbegin"),
}
_TYPES: Final = {
    **{kind: kind for kind in EVENT_TYPES},
    "encounter": VISIT,
    "diagnosis": CONDITION,
    "problem": CONDITION,
    "medication": DRUG,
    "prescription": DRUG,
    "lab": TEST,
    "observation": TEST,
    "measurement": TEST,
    "vaccine": IMMUNIZATION,
    "vaccination": IMMUNIZATION,
    "immunisation": IMMUNIZATION,
    "operation": PROCEDURE,
}
_SEXES: Final = {"f": "F", "female": "F", "woman": "F", "m": "M", "male": "M", "man": "M"}


def is_events(path: Path) -> bool:
    """Tell whether a table has the columns of events."""
    columns = read_text_table(path).columns
    return all(_column(columns, name) for name in ("patient", "time", "type", "code"))


def read_own(events: Path, people: Path) -> EventTable:
    """Read events and people; InputError where a column lacks or cannot be read."""
    return own_table(read_text_table(events), read_text_table(people), events, people)


def own_table(events: TextTable, people: TextTable, at: Path, people_at: Path) -> EventTable:
    """Return the event table of two tables of text; the paths name them in errors."""
    out: Counter[str] = Counter()
    cells = _cells(events, ("patient", "time", "type", "code"), at)
    times = _times(cells, ("time", "end"), at)
    who = _people(people, cells["patient"], times["time"], people_at, out)
    rows = {str(name): k for k, name in enumerate(who.person)}
    owner = np.array([rows.get(name, -1) for name in cells["patient"]], dtype=np.int64)
    kind = words([_type(word) for word in cells["type"]])
    if not any(kind):
        raise InputError(f"no row has a type that is known: {', '.join(EVENT_TYPES)}", place=at)
    coded = np.array([bool(code) for code in cells["code"]]) | (kind == VISIT)
    keep = _kept(out, owner, kind, coded, times["time"])
    picked = np.flatnonzero(keep)
    cells = {name: [column[k] for k in picked] for name, column in cells.items()}
    times = {name: column[picked] for name, column in times.items()}
    visits, events_ = _parted(cells, times, owner[picked], kind[picked])
    display = {
        (kind, code): said
        for kind, code, said in zip(kind[picked], cells["code"], cells["display"], strict=True)
        if said
    }
    return event_table(who, visits, events_, display=display, dropped=out)


def _kept(out: Counter[str], owner: Ints, kind: Objects, coded: Bools, time: Times) -> Bools:
    keep = np.ones(len(owner), dtype=bool)
    for reason, bad in {
        "of a patient whom the people's table has not": owner < 0,
        f"of a type that is none of {', '.join(EVENT_TYPES)}": np.equal(kind, ""),
        "without a code": ~coded,
        "without a time that can be read": np.isnat(time),
    }.items():
        out[reason] += int((keep & bad).sum())
        keep &= ~bad
    return keep


def _parted(
    cells: Mapping[str, Sequence[str]], times: Mapping[str, Times], owner: Ints, kind: Objects
) -> tuple[Visits, Events]:
    """Return the visits, told or one a day, and the other events."""
    is_visit = np.equal(kind, VISIT)
    told = any(cells["visit"])
    names = [
        (int(of), cells["visit"][k] if told else str(days(times["time"][k])))
        for k, of in enumerate(owner)
    ]
    rows: dict[tuple[int, str], int] = {}
    first: list[int] = []
    for k in (*np.flatnonzero(is_visit), *np.argsort(times["time"], kind="stable")):
        if names[k][1] and names[k] not in rows:
            rows[names[k]] = len(first)
            first.append(int(k))
    of = np.array(first, dtype=np.int64)
    codes = [cells["code"][k] if is_visit[k] and cells["code"][k] else PLAIN_VISIT for k in first]
    stops = np.where(is_visit[of], times["end"][of], np.datetime64("NaT", "s"))
    visits = Visits(
        owner=owner[of],
        time=times["time"][of],
        stop=stops,
        code=words(codes),
    )
    rest = np.flatnonzero(~is_visit).tolist()
    return visits, Events(
        owner=owner[rest],
        visit=np.array([rows.get(names[k], -1) for k in rest], dtype=np.int64),
        time=times["time"][rest],
        stop=times["end"][rest],
        kind=kind[rest],
        code=words([cells["code"][k] for k in rest]),
        value=np.array([_number(cells["value"][k]) for k in rest], dtype=np.float64),
        unit=words([cells["unit"][k] for k in rest]),
        by_visit=np.zeros(len(rest), dtype=bool),
    )


def _people(
    table: TextTable, owners: Sequence[str], time: Times, path: Path, out: Counter[str]
) -> People:
    cells = _cells(table, ("patient", "sex", "birth"), path)
    _check_once(cells["patient"], table.lines, path)
    read = {name: days(times) for name, times in _times(cells, _DATES, path).items()}
    sex = np.array([_SEXES.get(word.casefold(), "") for word in cells["sex"]])
    first = dict(sorted(zip(owners, time, strict=True), key=_latest_first))
    begin = np.array([days(first.get(who, _NAT)) for who in cells["patient"]], "datetime64[D]")
    begin = np.where(np.isnat(read["begin"]), np.maximum(begin, read["birth"]), read["begin"])
    last = days(np.nanmax(time) if len(time) and not np.isnat(time).all() else _NAT)
    end = np.where(np.isnat(read["end"]), last, read["end"])
    end = np.fmin(end, read["death"])
    keep = np.ones(len(sex), dtype=bool)
    for reason, bad in {
        "a person whose sex is neither F nor M": sex == "",
        "a person without a date of birth": np.isnat(read["birth"]),
        "a person of whom nothing is told": np.isnat(begin) | np.isnat(end),
        "a person whose record ends before it begins": end < begin,
    }.items():
        out[reason] += int((keep & bad).sum())
        keep &= ~bad
    return People(
        person=words(cells["patient"])[keep],
        sex=sex[keep],
        birth=read["birth"][keep],
        death=np.where(read["death"] <= end, read["death"], _NAT.astype("datetime64[D]"))[keep],
        begin=begin[keep],
        end=end[keep],
    )


_NAT: Final = np.datetime64("NaT", "s")
_DATES: Final = ("birth", "death", "begin", "end")


def _latest_first(of: tuple[str, np.datetime64]) -> int:
    return -int(of[1].astype(np.int64)) if not np.isnat(of[1]) else -(2**62)


def _check_once(names: Sequence[str], lines: Sequence[int], path: Path) -> None:
    seen: set[str] = set()
    for name, line in zip(names, lines, strict=True):
        if name in seen:
            raise InputError(f"the patient {name} stands twice", place=f"{path}:{line}")
        seen.add(name)


def _cells(table: TextTable, needed: Sequence[str], path: Path) -> dict[str, list[str]]:
    """Return the columns by our names; one that the table has not is of empty cells."""
    cells = {}
    for name in _NAMES:
        column = _column(table.columns, name)
        if column is None and name in needed:
            raise InputError(f"has no column {name}; it has {', '.join(table.columns)}", place=path)
        cells[name] = list(table.columns[column]) if column else [""] * len(table)
    for name in _GUARDED:
        cells[name] = [unguarded(cell) for cell in cells[name]]
    return cells


_GUARDED: Final = ("patient", "code", "display", "unit")
"""Columns whose words bridge writes so that no spreadsheet reckons them out."""


def _column(columns: Mapping[str, Sequence[str]], name: str) -> str | None:
    """Return the column that a name of ours stands for, the plainest first."""
    joined = {"".join(words_of(column)): column for column in reversed(list(columns))}
    return next((joined[word] for word in _NAMES[name] if word in joined), None)


def _times(
    cells: Mapping[str, Sequence[str]], names: Sequence[str], path: Path
) -> dict[str, Times]:
    """Read columns of times; one of which half cannot be read is refused."""
    written = sorted({cell for name in names for cell in cells[name]})
    times = {}
    for name in names:
        read = parse_times(cells[name], place=f"{path} column {name}", like=written)
        unread = np.flatnonzero(read.unread)
        if len(unread) * 2 > sum(map(bool, cells[name])):
            example = cells[name][int(unread[0])]
            raise InputError(
                f"{example!r} in the column {name} is no date: write 2012-12-31", place=path
            )
        times[name] = read.times
    return times


def _type(word: str) -> str:
    plain = word.strip().casefold()
    return _TYPES.get(plain) or _TYPES.get(plain.rstrip("s"), "")


def _number(cell: str) -> float:
    number = parse_number(cell) if cell else None
    return number.value if number and not number.compared else float("nan")
