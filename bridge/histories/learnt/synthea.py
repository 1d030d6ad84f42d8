"""Synthea's folders of CSV as event tables: its own (3.x), and the older set of the study.

A record is the last ten years, of the dead before death; from before come conditions and drugs. A
vaccine's date is false in the older set, so a vaccine has its visit's. Of Synthea 3 half of the
"conditions" are social findings, and its surveys, scores and vital signs are not learnt: what they
say is no illness, and vital signs are the flows' (histories study, sections 1 and 5).
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from bridge.bounded_lines import bounded_lines
from bridge.errors import InputError
from bridge.histories.events import (
    CONDITION,
    DRUG,
    IMMUNIZATION,
    PROCEDURE,
    TEST,
    VISIT,
    EventTable,
)
from bridge.histories.learnt.anchoring import Events, People, Visits, event_table, words
from bridge.histories.learnt.times import Times, days, parse_times
from bridge.opening import opened

_YEARS: Final = np.timedelta64(3653, "D")
"""How long a record of Synthea is: its setting exporter.years_of_history, 10 in both sets."""

SOCIAL: Final = re.compile(
    r"employ|labor force|education|school|certificate|social (?:contact|isolation|migrant)|stress "
    r"\(finding\)|violence|intimate partner|criminal|housing|transport(?:ation)? (?:problem|\()"
    r"|lack of access|risk activity|refugee|armed forces|homeless|medication review due"
    r"|migrant|educated|served in|lives alone|not in labor|unhealthy lifestyle|social isolation"
    r"|limited social|patient transfer to|transport problem|received higher",
    re.IGNORECASE,
)
"""Findings of Synthea 3 that say how someone lives; `choice`, read from its own list."""

_NOT_LEARNT: Final = {"survey", "social-history", "vital-signs", ""}
"""Categories of observations of Synthea 3 that are left out."""


class _Names(NamedTuple):
    """What a dialect calls its columns."""

    id: str
    birth: str
    death: str
    sex: str
    patient: str
    encounter: str
    visit_class: str
    start: str
    stop: str
    code: str
    display: str
    visit_code: str
    visit_display: str


_NEW: Final = _Names(
    *("Id", "BIRTHDATE", "DEATHDATE", "GENDER", "PATIENT", "ENCOUNTER", "ENCOUNTERCLASS"),
    *("START", "STOP", "CODE", "DESCRIPTION", "CODE", "DESCRIPTION"),
)
_OLD: Final = _Names(
    *("id", "birth_date", "death_date", "sex", "patient", "encounter", "class"),
    *("start", "stop", "code", "display", "type_code", "type"),
)
_TABLES: Final = {
    "conditions": (CONDITION, ("START", "onset"), ("STOP", "abatement")),
    "medications": (DRUG, ("START", "date"), ("STOP", "")),
    "observations": (TEST, ("DATE", "date"), ("", "")),
    "procedures": (PROCEDURE, ("START", "start"), ("STOP", "stop")),
    "immunizations": (IMMUNIZATION, ("DATE", "date"), ("", "")),
}
_SEXES: Final = {"F": "F", "M": "M", "female": "F", "male": "M"}


def is_synthea(folder: Path) -> bool:
    """Tell whether a folder has patients and encounters as Synthea writes them."""
    tables = _tables(folder)
    return {"patients", "encounters"} <= set(tables)


def read_synthea(folder: Path) -> EventTable:
    """Read a folder of Synthea's CSV, packed or not."""
    tables = _tables(folder)
    rows = _rows(tables["patients"])
    first = next(rows, None)
    if first is None:
        raise InputError("has no rows", place=tables["patients"])
    names = _NEW if "BIRTHDATE" in first else _OLD
    reader = _Reader(names=names, tables=tables)
    return reader.read([first, *rows])


def _tables(folder: Path) -> dict[str, Path]:
    found = {path.name.removesuffix(".gz"): path for path in sorted(folder.glob("*.csv*"))}
    return {name.removesuffix(".csv"): path for name, path in found.items() if name.endswith("csv")}


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with opened(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        rows = csv.DictReader(bounded_lines(text), restval="")
        try:
            yield from rows
        except (csv.Error, ValueError) as error:
            raise InputError(str(error), place=f"{path}:{rows.line_num}") from error


class _Reader:
    """Reads one folder; holds what its tables share."""

    def __init__(self, *, names: _Names, tables: Mapping[str, Path]) -> None:
        self.names, self.tables = names, tables
        self.new = names is _NEW
        self.out: Counter[str] = Counter()
        self.display: dict[tuple[str, str], str] = {}
        self.owners: dict[str, int] = {}
        self.visit_rows: dict[str, int] = {}

    def read(self, patients: Sequence[Mapping[str, str]]) -> EventTable:
        names = self.names
        try:
            known = [row for row in patients if _SEXES.get(row[names.sex])]
            self.owners = {row[names.id]: k for k, row in enumerate(known)}
            visits = self._visits()
            people = self._people(known, visits)
            events = self._events()
        except KeyError as error:
            raise InputError(
                f"has no column {error}: is it Synthea's?", place=self.folder
            ) from error
        return event_table(people, visits, events, display=self.display, dropped=self.out)

    @property
    def folder(self) -> Path:
        return self.tables["patients"].parent

    def _people(self, rows: Sequence[Mapping[str, str]], visits: Visits) -> People:
        names, place = self.names, str(self.tables["patients"])
        birth = days(parse_times([row[names.birth] for row in rows], place=place).times)
        death = days(parse_times([row[names.death] for row in rows], place=place).times)
        end = np.where(np.isnat(death), days(visits.time.max()), death)
        return People(
            person=words([row[names.id] for row in rows]),
            sex=np.array([_SEXES[row[names.sex]] for row in rows]),
            birth=birth,
            death=death,
            begin=np.maximum(birth, end - _YEARS),
            end=np.maximum(birth, end),
        )

    def _visits(self) -> Visits:
        names = self.names
        owner: list[int] = []
        code, times, stops = list[str](), list[str](), list[str]()
        for row in self._known("encounters"):
            self.visit_rows[row[names.id]] = len(owner)
            owner.append(self.owners[row[names.patient]])
            word = (
                f"{row[names.visit_class]}:{row[names.visit_code]}"
                if self.new
                else (row[names.visit_code])
            )
            self.display.setdefault((VISIT, word), row[names.visit_display])
            code.append(word)
            times.append(row[names.start])
            stops.append(row[names.stop])
        if not owner:
            raise InputError("has no visits", place=self.tables["encounters"])
        place = str(self.tables["encounters"])
        return Visits(
            owner=np.array(owner, dtype=np.int64),
            time=parse_times(times, place=place).times,
            stop=parse_times(stops, place=place).times,
            code=words(code),
        )

    def _known(self, table: str) -> Iterator[Mapping[str, str]]:
        for row in _rows(self.tables[table]):
            if row[self.names.patient] in self.owners:
                yield row
            else:
                self.out["of a patient whom the patients' table has not"] += 1

    def _events(self) -> Events:
        parts = [self._part(table) for table in _TABLES if table in self.tables]
        if not parts:
            raise InputError("has no table of events beside the visits", place=self.folder)
        return Events(
            **{name: np.concatenate([getattr(p, name) for p in parts]) for name in Events.__slots__}
        )

    def _part(self, table: str) -> Events:
        kind, start, stop = _TABLES[table]
        side = 0 if self.new else 1
        columns: list[tuple[int, int, str, str, str, str, str]] = []
        for row in self._known(table):
            if self._left_out(kind, row):
                continue
            code = row[self.names.code]
            self.display.setdefault((kind, code), row[self.names.display])
            value = row.get("VALUE" if self.new else "value", "") if kind == TEST else ""
            unit = row.get("UNITS" if self.new else "unit", "") if kind == TEST else ""
            visit = self.visit_rows.get(row[self.names.encounter], -1)
            owner = self.owners[row[self.names.patient]]
            end = row[stop[side]] if stop[side] else ""
            columns.append((owner, visit, row[start[side]], end, code, value, unit))
        return _as_events(kind, columns, str(self.tables[table]))

    def _left_out(self, kind: str, row: Mapping[str, str]) -> bool:
        """Tell whether a row of Synthea 3 says nothing of health, and count it."""
        if not self.new:
            return False
        if kind == CONDITION and SOCIAL.search(row[self.names.display]):
            self.out["a social finding"] += 1
            return True
        if kind == TEST and row["CATEGORY"] in _NOT_LEARNT:
            self.out[f"an observation of the kind {row['CATEGORY'] or 'score'}"] += 1
            return True
        return False


def _as_events(
    kind: str, rows: Sequence[tuple[int, int, str, str, str, str, str]], place: str
) -> Events:
    owner, visit, start, stop, code, value, unit = zip(*rows, strict=True) if rows else ((),) * 7
    return Events(
        owner=np.array(owner, dtype=np.int64),
        visit=np.array(visit, dtype=np.int64),
        time=_seconds(start, place),
        stop=_seconds(stop, place),
        kind=np.full(len(rows), kind, dtype=object),
        code=words(code),
        value=np.array([_number(cell) for cell in value], dtype=np.float64),
        unit=words(unit),
        by_visit=np.full(len(rows), kind == IMMUNIZATION),
    )


def _seconds(cells: Sequence[str], place: str) -> Times:
    return parse_times(cells, place=place).times


def _number(cell: str) -> float:
    try:
        return float(cell) if cell else float("nan")
    except ValueError:
        return float("nan")
