"""The table of codes: what a clinician says a code is on an OpenMRS server. A CSV file.

A row is `system,code,display,target,equivalence,note`. A code may have several rows: they are
tried in their order, and a target that the server has not got is passed over. A user's own table
goes before the one that comes with bridge; what it says `unmatched` is looked for no further.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bridge.chart import Code
from bridge.codes import (
    ATC_SYSTEM,
    CIEL_SYSTEM,
    CVX_SYSTEM,
    ICD10_CM_SYSTEM,
    ICD10_SYSTEM,
    LOINC_SYSTEM,
    RXNORM_SYSTEM,
    SNOMED_SYSTEM,
    ciel_uuid,
    loinc_fits,
)
from bridge.errors import InputError
from bridge.mapping.equivalence import EQUIVALENCES, Equivalence
from bridge.mapping.loading import default_mapping_path
from bridge.mapping.terms import key_of
from bridge.yaml_files import nearest

COLUMNS = ("system", "code", "display", "target", "equivalence", "note")

SYSTEMS = {
    "SNOMED CT": SNOMED_SYSTEM,
    "LOINC": LOINC_SYSTEM,
    "ICD-10": ICD10_SYSTEM,
    "ICD-10-CM": ICD10_CM_SYSTEM,
    "RxNorm": RXNORM_SYSTEM,
    "CVX": CVX_SYSTEM,
    "ATC": ATC_SYSTEM,
    "CIEL": CIEL_SYSTEM,
}
"""The words of the column `system`, and the FHIR URIs they stand for. A URI may be written too."""

MOST_CHARACTERS = 20_000_000

_CIEL = re.compile(r"CIEL:(\d{1,6})")
_UUID = re.compile(r"[0-9A-Za-z-]{36,38}")


class CodeRow(NamedTuple):
    """One row; `target` is a uuid, or empty where the code is known to have no home."""

    code: Code
    target: str
    ciel: str
    """The number in CIEL, where the target was written so: a server may have it by another uuid."""
    equivalence: Equivalence
    note: str
    is_own: bool
    """Whether it stands in the user's table."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """All rows by the key of their code, the user's own first."""

    rows: dict[str, tuple[CodeRow, ...]]

    def of(self, code: Code) -> tuple[CodeRow, ...]:
        """Return what the table says of a code, the first row first."""
        return self.rows.get(key_of(code), ())

    def is_unmatched(self, code: Code) -> bool:
        """Tell whether the user's own table says that this code has no home."""
        return any(row.is_own and row.equivalence == "unmatched" for row in self.of(code))

    def __iter__(self) -> Iterator[CodeRow]:
        """Yield all rows."""
        for rows in self.rows.values():
            yield from rows


def default_code_table_path() -> Path:
    """Return where the table that comes with bridge stands."""
    return default_mapping_path().with_name("codes.csv")


def load_code_table(path: Path | None = None) -> CodeTable:
    """Load bridge's table, after the user's own at `path` if there is one.

    Raises InputError with file and line at the first fault.
    """
    own = _load(path, is_own=True) if path else []
    return _table([*own, *_load(default_code_table_path(), is_own=False)])


def parse_code_table(text: str, *, place: str = "codes") -> CodeTable:
    """Check the text of a user's own table; raise InputError with the place of the first fault."""
    return _table(_parse(text, place=place, is_own=True))


def _load(path: Path, *, is_own: bool) -> list[CodeRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", place=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"has more than {MOST_CHARACTERS:,} characters", place=path)
    return _parse(text, place=str(path), is_own=is_own)


def _table(rows: Iterable[CodeRow]) -> CodeTable:
    by_key: dict[str, list[CodeRow]] = {}
    for row in rows:
        by_key.setdefault(key_of(row.code), []).append(row)
    return CodeTable({key: tuple(found) for key, found in by_key.items()})


def _parse(text: str, *, place: str, is_own: bool) -> list[CodeRow]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    rows: list[CodeRow] = []
    seen: dict[tuple[str, str], int] = {}
    try:
        _check_header(next(reader, []), place)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            where = f"{place}:{reader.line_num}"
            row = _row([cell.strip() for cell in cells], where, is_own=is_own)
            said = (key_of(row.code), row.target)
            if said in seen:
                raise InputError(
                    f"{row.code.code} has this target in line {seen[said]} already", place=where
                )
            seen[said] = reader.line_num
            rows.append(row)
    except csv.Error as error:
        raise InputError(f"is not CSV ({error})", place=f"{place}:{reader.line_num}") from error
    return rows


def _check_header(header: list[str], place: str) -> None:
    names = [name.strip() for name in header]
    if names == list(COLUMNS):
        return
    found = ", ".join(name[:40] for name in islice(names, 12)) or "nothing"
    raise InputError(
        f"the first line names the columns {', '.join(COLUMNS)}; found {found}", place=f"{place}:1"
    )


def _row(cells: list[str], place: str, *, is_own: bool) -> CodeRow:
    if len(cells) != len(COLUMNS):
        raise InputError(f"has {len(cells)} cells, not {len(COLUMNS)}", place=place)
    system, code, display, target, equivalence, note = cells
    uri = _system(system, place)
    if not code:
        raise InputError("a row needs a code", place=place)
    if uri == LOINC_SYSTEM and code[:1].isdecimal() and not loinc_fits(code):
        raise InputError(f"{code} is no LOINC code: its check digit does not fit", place=place)
    uuid, ciel = _target(target, place)
    known = _equivalence(equivalence, place)
    if bool(uuid) == (known == "unmatched"):
        raise InputError(
            "a row has a target, or its equivalence is unmatched; one of the two", place=place
        )
    return CodeRow(Code(uri, code, display), uuid, ciel, known, note, is_own)


def _system(system: str, place: str) -> str:
    if system in SYSTEMS:
        return SYSTEMS[system]
    if re.match(r"(https?://|urn:)\S+$", system):
        return system
    near = nearest(system, SYSTEMS)
    raise InputError(
        f"unknown system {system!r}{near}; known are {', '.join(SYSTEMS)}, or write a FHIR URI",
        place=place,
    )


def _target(target: str, place: str) -> tuple[str, str]:
    if not target:
        return "", ""
    if found := _CIEL.fullmatch(target):
        return ciel_uuid(found[1]), found[1]
    if _UUID.fullmatch(target):
        return target, ""
    raise InputError(f"a target is CIEL:5089 or a uuid (found {target!r})", place=place)


def _equivalence(equivalence: str, place: str) -> Equivalence:
    for known in EQUIVALENCES:
        if equivalence == known:
            return known
    near = nearest(equivalence, EQUIVALENCES)
    raise InputError(
        f"unknown equivalence {equivalence!r}{near}; known are {', '.join(EQUIVALENCES)}",
        place=place,
    )
