"""Tables of strangers, held against other readers: no value may change without a word.

`tables` takes bytes, spoilt from the cases that users met. What bridge read is found again in the
file by pandas' parser, cell by cell, and each number is one that its cell can stand for. `dialects`
begins at the truth: known columns are written in some program's dialect, and must come back.
"""

import csv
import gzip
import io
import random
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pyarrow import ArrowInvalid
from pyarrow import csv as arrow_csv

from bridge.tables.ages import parse_age
from bridge.tables.decoding import decode
from bridge.tables.doubts import find_doubts
from bridge.tables.foreign import foreign_kind
from bridge.tables.frames import ReadTable, as_read
from bridge.tables.identifiers import who_it_names
from bridge.tables.reading import TextTable, parse_text_table
from tests.fuzz.inputs import Open

HERE = Path("table.csv")


class Differs(AssertionError):
    """Two readers do not agree on what stands in a table."""


def tables() -> Open:
    """Read bytes as a table, and hold it against other readers."""
    return nullcontext(_tried)


def _tried(data: bytes) -> None:
    if foreign_kind(data) or data[:2] == b"\x1f\x8b":
        return
    text, _ = decode(data, HERE)
    table = parse_text_table(text, HERE)
    _same_cells(table, text)
    read = as_read(table)
    _same_values(table, read)
    _same_when_written(read)
    if len(data) % 8 == 0:  # they take as long as all the rest, and change no value
        find_doubts(read.frame)
        for name in read.frame:
            who_it_names(str(name), read.frame[name])


def _same_cells(table: TextTable, text: str) -> None:
    """Find every row again, in its order, in what pandas' parser makes of the text."""
    if table.separator not in (",", ";", "\t", "|") or re.match(r'"?sep=', text, re.IGNORECASE):
        return
    if re.search(r"\r[;,\t|]", text):
        return  # there pandas' parser takes the end of a line for a cell
    widest = 2 + max(line.count(table.separator) for line in re.split(r"[\r\n]", text))
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=table.separator,
            header=None,
            names=range(widest),
            dtype=str,
            keep_default_na=False,
            na_values=[],
            engine="c",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return
    theirs = [
        [_bare(cell) for cell in row if isinstance(cell, str)] for row in frame.values.tolist()
    ]
    theirs = [row for row in theirs if any(row)]
    ours = [list(cells) for cells in zip(*table.columns.values(), strict=True)]
    if len(theirs) != 1 + len(ours) + table.left_out:
        raise Differs(f"{len(theirs)} rows, read {len(ours)} and left out {table.left_out}")
    rest = iter(theirs)
    for row in ours:
        wanted = _trimmed(row)
        if not any(_trimmed(their) == wanted for their in rest):
            raise Differs(f"a row that is not there: {row}")


def _bare(cell: str) -> str:
    plain = cell.strip(" \t\r\n\v\f\u00a0\u2007\u202f\ufeff")
    return plain[2:-1] if re.fullmatch(r'="[^"]*"', plain) else plain


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = list(row)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _same_values(table: TextTable, read: ReadTable) -> None:
    """Hold each value against its cell: a word is the cell, a number one that it can stand for."""
    said = " ".join(read.notes)
    for name, cells in table.columns.items():
        if name not in read.frame:
            _require_said(name, said)
            continue
        for cell, value in zip(cells, read.frame[name].tolist(), strict=True):
            if value is None or value != value:
                if cell:
                    _require_said(name, said)
            elif isinstance(value, str):
                if value != cell:
                    raise Differs(f"{name}: {cell!r} became {value!r}")
            elif Decimal(repr(value)) not in _readings(cell):
                raise Differs(f"{name}: {cell!r} became {value!r}")


def _require_said(name: str, said: str) -> None:
    if f"{name}: " not in said:
        raise Differs(f"{name}: something is lost without a word")


def _readings(cell: str) -> set[Decimal]:
    """Return the numbers that a cell can stand for, by another way than the reader's."""
    found: set[Decimal] = set()
    text = cell.replace("\u2212", "-")
    older = 1 if re.match(r"\s*(?:>(?!=)|over|above|more|older)", text, re.IGNORECASE) else 0
    text = re.sub(r"^\D*?(?=[+-]?[.]?\d)", "", text, count=1)
    digits = re.match(r"[+-]?[\d.,'\u2019\s]*(?:[eE][+-]?\d+)?", text)
    core = re.sub(r"['\u2019\s]", "", digits[0] if digits else "")
    plain, pointed = core.replace(",", ""), core.replace(",", ".")
    for form in (core, plain, pointed, core.replace(".", "").replace(",", ".")):
        try:
            value = Decimal(form)
        except InvalidOperation:
            continue
        found |= {value + older, Decimal(repr(float(value) + older))}
    if "<" in cell or re.match(r"under|below|less|younger", cell, re.IGNORECASE):
        found.add(Decimal(0))
    if (months := parse_age(cell)) is not None:
        found.add(Decimal(months))
    return found | {Decimal(repr(float(value))) for value in found}


def _same_when_written(read: ReadTable) -> None:
    """Write what was read, read it by Arrow, and compare."""
    written = read.frame.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC).encode()
    names = list(map(str, read.frame.columns))
    options = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, "string"),
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
    )
    parse = arrow_csv.ParseOptions(newlines_in_values=True)
    try:
        again = arrow_csv.read_csv(
            io.BytesIO(written), parse_options=parse, convert_options=options
        )
    except ArrowInvalid as error:
        if "CSV file got truncated" in str(error) or "straddling" in str(error):
            return
        raise
    for name in names:
        for value, text in zip(read.frame[name].tolist(), again[name].to_pylist(), strict=True):
            missing = value is None or value != value
            if missing != (text == "") and value != "":
                raise Differs(f"{name}: {value!r} is written {text!r}")
            same = missing or (text == value if isinstance(value, str) else float(text) == value)
            if not same:
                raise Differs(f"{name}: {value!r} is written {text!r}")


CASES = (
    "sex,age_years,weight_kg,pulse_bpm\nM,29,46.8,89,\nF,27,66.4,77,\nF,25,53.7,61,\n",
    "sex,age_years,spo2_pct,o2_device\nM,42,99,None\nM,11,85,Nasal cannula\nM,70,81,Mask\n",
    "sex,age_years,sbp_mmhg,height_cm\nM,29,999,154.4\nF,27,160,9999\nF,25,143,167.9\n",
    "PatientID,sex,age_years,weight_kg\n57462794,M,29,46.8\n67735121,F,27,66.4\n",
    "Outpatient register 2024,,\nsex,age_years,weight_kg\nM,29,46.8\nF,27,66.4\nTotal,2,\n",
    "facility_code,sex,weight_kg\n1200,M,46.8\n0345,F,66.4\n1E2,F,53.7\n0007,F,53.7\n",
    "sex;age_years;weight_kg\nM;29;46,8\nF;27;66,4\nF;7;1.234,5\n",
    "sex,age,weight_kg\nM,> 89,46.8\nF,27,not taken\nF,5y 3m,53.7\nF,90+,53.7\n",
    'sex,bp,cd4,spo2\nM,120/80,"1,234",98%\nF,110/70,950,97 %\nF,,"2,345",95\n',
    "sex\tage\ttemp\nM\t29\t36.6 °C\nF\t27\t37.1 °C\n",
    "sep=;\nsex;kg\nM;46\nF;66\n",
    'ward,age,kg\n="0012",over 89,46\n="0007",85 or older,66\n',
    "sex,age\nM,29\nF,27\nsex,age\nF,3\n",
    "sex,age,weight\n,years,kg\nM,29,46\nF,27,66\nM,3,12\n",
)


def tables_seeds() -> Sequence[bytes]:
    """Return tables of the kinds that users met."""
    return [text.encode() for text in CASES] + [
        CASES[6].encode("utf-16"),
        "âge\n3\n".encode("cp1252"),
    ]


class Truth(NamedTuple):
    """A column as it is meant: its values, and how a program writes them."""

    values: list[float | str | None]
    cells: list[str]


def dialects() -> Open:
    """Write known columns in a dialect that the bytes choose, and read them back."""
    return nullcontext(_tried_dialect)


def dialects_seeds() -> Sequence[bytes]:
    """Return some."""
    return [bytes([number]) * 8 for number in range(16)]


def _tried_dialect(data: bytes) -> None:
    rng = random.Random(data)
    rows = rng.randrange(3, 25)
    point = rng.choice(".,")
    separator = rng.choice(",;\t|") if point == "." else rng.choice(";\t|,")
    kinds = [rng.choice(KINDS) for _ in range(rng.randrange(1, 6))]
    columns = {
        f"{rng.choice(NAMES)}_{place}": kind(rng, rows, point) for place, kind in enumerate(kinds)
    }
    columns["sure"] = Truth([f"r{k}" for k in range(rows)], [f"r{k}" for k in range(rows)])
    written, extra = _written(columns, separator, rng)
    packed = gzip.compress(written, 1) if rng.random() < 0.05 else written
    text, _ = decode(gzip.decompress(packed) if packed is not written else written, HERE)
    table = parse_text_table(text, HERE)
    read = as_read(table)
    if len(read.frame) != rows:
        raise Differs(f"{rows} rows became {len(read.frame)}: {read.notes}")
    if table.left_out != extra:
        raise Differs(f"{extra} lines were no rows, {table.left_out} are left out: {read.notes}")
    for name, truth in columns.items():
        _come_back(name, truth, read)


def _come_back(name: str, truth: Truth, read: ReadTable) -> None:
    said = [note for note in read.notes if note.startswith(f"{name}: ")]
    if name not in read.frame:
        if not said:
            raise Differs(f"{name} is gone without a word")
        return
    got = [None if v is None or v != v else v for v in read.frame[name].tolist()]
    for wanted, cell, value in zip(truth.values, truth.cells, got, strict=True):
        if value == wanted or (isinstance(value, str) and value == cell):
            continue
        if value is None and said:
            continue
        if any(f"{cell} is " in note for note in said):  # it is told how a comma was taken
            continue
        if isinstance(value, int | float) and any("is " in note and "," in note for note in said):
            continue
        raise Differs(f"{name}: {wanted!r} written {cell!r} became {value!r}; {read.notes}")


def _written(columns: dict[str, Truth], separator: str, rng: random.Random) -> tuple[bytes, int]:
    """Return a table's bytes in some dialect, and how many of its lines are no rows."""
    end = rng.choice(["\n", "\r\n"])
    out = io.StringIO(newline="")
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting)
    trailing = [""] * (rng.random() < 0.2)
    extra = 0
    if rng.random() < 0.2:
        writer.writerow(["Register of 2024", *[""] * len(columns)])
        extra += 1
    writer.writerow([*columns, *trailing])
    for row in zip(*(truth.cells for truth in columns.values()), strict=True):
        writer.writerow([*row, *trailing])
        if rng.random() < 0.03:
            writer.writerow([])
    if rng.random() < 0.15 and len(columns) > 2:
        writer.writerow(["Total", *[""] * (len(columns) - 2), "7"])
        extra += 1
    if rng.random() < 0.1 and len(columns) > 2:
        writer.writerow(["Source: ward 3", *[""] * (len(columns) - 1)])
        extra += 1
    encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
    return out.getvalue().encode(encoding), extra


def _with_gaps(
    rng: random.Random, values: Iterable[float | str], write: Callable[[float | str], str]
) -> Truth:
    share = rng.choice([0, 0, 0.1, 0.3])
    kept = [None if rng.random() < share else value for value in values]
    return Truth(kept, ["" if value is None else write(value) for value in kept])


def _decimals(rng: random.Random, rows: int, point: str) -> Truth:
    places = rng.randrange(1, 4)
    values = [round(rng.uniform(0, 10 ** rng.randrange(1, 4)), places) for _ in range(rows)]
    return _with_gaps(rng, values, lambda value: f"{value:.{places}f}".replace(".", point))


def _dropped_noughts(rng: random.Random, rows: int, point: str) -> Truth:
    values = [round(rng.uniform(0, 200), rng.randrange(3)) for _ in range(rows)]
    return _with_gaps(rng, values, lambda value: f"{value:.15g}".replace(".", point))


def _whole(rng: random.Random, rows: int, point: str) -> Truth:
    high = 10 ** rng.randrange(1, 7)
    return _with_gaps(rng, [rng.randrange(high) for _ in range(rows)], lambda value: str(value))


def _grouped(rng: random.Random, rows: int, point: str) -> Truth:
    mark = rng.choice(["\u00a0", " ", "'"]) if point == "," else rng.choice([",", " ", "'"])
    values = [rng.randrange(10**6) for _ in range(rows)]
    return _with_gaps(rng, values, lambda value: f"{value:,}".replace(",", mark))


def _percents(rng: random.Random, rows: int, point: str) -> Truth:
    space = rng.choice(["", " "])
    return _with_gaps(rng, [rng.randrange(101) for _ in range(rows)], lambda v: f"{v}{space}%")


def _with_unit(rng: random.Random, rows: int, point: str) -> Truth:
    unit = rng.choice(["kg", "cm", "°C", "mmHg"])
    values = [round(rng.uniform(30, 200), 1) for _ in range(rows)]
    return _with_gaps(rng, values, lambda value: f"{value:.1f} {unit}".replace(".", point))


def _codes(rng: random.Random, rows: int, point: str) -> Truth:
    values = [f"{rng.randrange(10_000):04d}" for _ in range(rows - 2)] + ["0007", "0012"]
    return Truth(list(values), list(values))


def _levels(rng: random.Random, rows: int, point: str) -> Truth:
    some = rng.sample(["None", "NA", "Mask", "null", "yes", "no", "é", "A, B", "x;y", "1E2"], 4)
    values = [rng.choice(some) for _ in range(rows)]
    return Truth(list(values), list(values))


def _missing_words(rng: random.Random, rows: int, point: str) -> Truth:
    word = rng.choice(["NA", "?", "-", "nan", "not taken"])
    values = [100 + rng.randrange(100) for _ in range(rows)]
    lost = rng.randrange(max(1, rows // 6))
    meant: list[float | str | None] = [None] * lost + list(values[lost:])
    return Truth(meant, [word if value is None else str(value) for value in meant])


KINDS = (
    _decimals,
    _dropped_noughts,
    _whole,
    _grouped,
    _percents,
    _with_unit,
    _codes,
    _levels,
    _missing_words,
)
NAMES = ("x", "weight", "Größe", "a b", "HbA1c", "ward")
