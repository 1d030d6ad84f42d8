"""How a file of strangers becomes columns of text, or is refused with its line."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.tables.reading import TextTable, read_text_table

ROWS = [("F", "34", "55,5"), ("M", "7", "22,1"), ("F", "61", "70,0")]


def read(tmp_path: Path, content: str | bytes, name: str = "table.csv") -> TextTable:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_text_table(path)


def lines(separator: str, rows: list[tuple[str, ...]] = ROWS, end: str = "\n") -> str:
    return end.join(separator.join(row) for row in [("sex", "age", "weight_kg"), *rows]) + end


def columns() -> dict[str, list[str]]:
    sex, age, weight = map(list, zip(*ROWS, strict=True))
    return {"sex": sex, "age": age, "weight_kg": weight}


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_is_found_though_decimals_have_commas(
    separator: str, end: str, tmp_path: Path
) -> None:
    table = read(tmp_path, lines(separator, end=end))
    assert table.columns == columns()
    assert any("separated by" in note for note in table.notes)


@pytest.mark.parametrize("separator", [";", ":", "~"])
def test_excel_s_own_line_about_the_separator_is_heeded(separator: str, tmp_path: Path) -> None:
    table = read(tmp_path, f"sep={separator}\n" + lines(separator))
    assert table.columns == columns()
    assert table.lines == [3, 4, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str, tmp_path: Path) -> None:
    table = read(tmp_path, "âge;poids\n3;température élevée\n4;normal\n".encode(encoding))
    assert table.columns == {"âge": ["3", "4"], "poids": ["température élevée", "normal"]}
    assert any("encoding" in note for note in table.notes) == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "iso-8859-7"])
def test_another_alphabet_is_refused_not_guessed(encoding: str, tmp_path: Path) -> None:
    words = "πόνος" if encoding == "iso-8859-7" else "кашель"
    with pytest.raises(InputError, match="is not UTF-8 text: save it as UTF-8"):
        read(tmp_path, f"sex,complaint\nF,{words}\n".encode(encoding))


@pytest.mark.parametrize(
    ("name", "packed"), [("t.csv.gz", gzip.compress), ("t.bz2", bz2.compress), ("t", lzma.compress)]
)
def test_packed_tables_are_read_whatever_their_name(
    name: str, packed: object, tmp_path: Path
) -> None:
    assert callable(packed)
    assert read(tmp_path, packed(lines(";").encode()), name).columns == columns()


def test_a_zip_of_one_table_is_read_and_of_several_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._a.csv", "x")
        archive.writestr("a.csv", lines(";"))
    assert read_text_table(path).columns == columns()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.csv", lines(";"))
    with pytest.raises(InputError, match=r"holds 2 files \(a\.csv, b\.csv\)"):
        read_text_table(path)


def test_a_separator_at_the_end_of_each_row_makes_no_row_names(tmp_path: Path) -> None:
    table = read(tmp_path, "sex,age,kg\nF,34,55,\nM,7,22,\n")
    assert table.columns == {"sex": ["F", "M"], "age": ["34", "7"], "kg": ["55", "22"]}
    table = read(tmp_path, "sex,age,kg,\nF,34,55,\nM,7,22,\n")
    assert list(table.columns) == ["sex", "age", "kg"]


def test_row_names_without_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"table\.csv:2: the rows have more cells than the 2 name"):
        read(tmp_path, "age,kg\n1,34,55\n2,7,22\n3,8,23\n")


def test_titles_totals_and_footnotes_are_no_rows_and_said(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "Outpatient register,,\nMarch 2024,,\n\nsex,age,kg\nF,34,55\nM,7,22\nTotal,2,77\n"
        "Source: ward 3,,\n",
    )
    assert table.columns == {"sex": ["F", "M"], "age": ["34", "7"], "kg": ["55", "22"]}
    assert table.lines == [5, 6]
    said = " ".join(table.notes)
    assert "Outpatient register; March 2024" in said and "is a total: Total 2 77" in said


def test_total_as_a_level_is_kept(tmp_path: Path) -> None:
    table = read(tmp_path, "loss,age\ntotal,3\npartial,4\ntotal,5\n")
    assert table.columns["loss"] == ["total", "partial", "total"]


def test_a_line_of_units_under_the_names_is_no_row(tmp_path: Path) -> None:
    table = read(tmp_path, "sex,age,weight\n,years,kg\nF,34,55\nM,7,22\nM,9,25\n")
    assert table.columns["weight"] == ["55", "22", "25"]
    assert any("units" in note for note in table.notes)


def test_names_that_stand_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"table\.csv:1: the column sex stands twice"):
        read(tmp_path, "sex,birthdate,sex\nM,1990-05-01,F\n")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("F,34,55.2\nM,7,22.1\n", r":1: the name of column 2 is the number 34"),
        ("F,yes\nM,yes\nF,no\n", r":1: the first line \(F, yes\) looks like a row"),
        ("a,b\n1,2\n1,2,3\n1,2\n", r":3: line 3 has not the 2 cells"),
        ("a,b,c\n1,2,3\n1\n1,2,3\n", r":3: line 3 has not the 3 cells"),
        ('a,b\n1,"2\n3,4\n', r":2: a quotation mark that opens here is never closed"),
        ('a,b\n1,"2"x\n', r":2: has a quotation mark within a cell"),
        ("", "is empty"),
        ("a,b\n", "has no rows"),
        ("\n\n", "is empty"),
        ('{"a": 1}', "is JSON or XML"),
        ("a,b\n1,\0\n", r":2: has a zero byte"),
        (bytes(range(128, 256)), "is not UTF-8 text"),
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:-12], "cannot be unpacked"),
        (gzip.compress(bytes(20_000_000)), "unpacks to more than"),
        (b"PK\x03\x04 and no more", "is no zip file"),
        (b"SQLite format 3\0", "is an SQLite database: save it as CSV"),
        (b"%PDF-1.7", "is a PDF: save it as CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(
    content: str | bytes, fault: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=fault):
        read(tmp_path, content)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: cannot be read \(No such file"):
        read_text_table(tmp_path / "nowhere.csv")


def test_cells_keep_what_they_hold_but_for_spaces_around(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n 1 ,"x, ""y""\nz"\n2,\u00a0w\n')
    assert table.columns == {"a": ["1", "2"], "b": ['x, "y"\nz', "w"]}
    assert table.lines == [2, 4]


def test_one_column_is_a_table_too(tmp_path: Path) -> None:
    assert read(tmp_path, "weight_kg\n50\n60\n").columns == {"weight_kg": ["50", "60"]}


def test_what_excel_was_kept_from_changing_is_as_it_was(tmp_path: Path) -> None:
    table = read(tmp_path, 'code,"Weight\n(kg)"\n="0012",55\n="0007",60\n')
    assert table.columns == {"code": ["0012", "0007"], "Weight (kg)": ["55", "60"]}
