"""Tables of other programs, by the libraries that know them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError, MissingExtra
from bridge.tables.frames import read_table

FRAME = pd.DataFrame(
    {
        "sex": ["F", "M", "F", "M"],
        "age": [34, 7, 61, 2],
        "weight_kg": [55.5, 22.1, np.nan, 12.0],
        "device": ["None", "Mask", "None", "0012"],
    }
)


def same(path: Path) -> None:
    read = read_table(path).frame
    pd.testing.assert_frame_equal(read, FRAME, check_dtype=False, check_exact=True)


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the scale extra")
    FRAME.to_parquet(tmp_path / "table.parquet")
    same(tmp_path / "table.parquet")


@pytest.mark.parametrize("version", [114, 118])
def test_stata(version: int, tmp_path: Path) -> None:
    FRAME.to_stata(tmp_path / "table.dta", write_index=False, version=version)
    same(tmp_path / "table.dta")


def test_stata_s_labels_are_the_words(tmp_path: Path) -> None:
    labelled = FRAME.assign(sex=FRAME.sex.map({"F": 1, "M": 2}))
    labelled.to_stata(
        tmp_path / "table.dta", write_index=False, value_labels={"sex": {1: "F", 2: "M"}}
    )
    same(tmp_path / "table.dta")


def test_spss(tmp_path: Path) -> None:
    pyreadstat = pytest.importorskip("pyreadstat", reason="needs the tables extra")
    pyreadstat.write_sav(FRAME, str(tmp_path / "table.sav"))
    same(tmp_path / "table.sav")


def test_sas_transport(tmp_path: Path) -> None:
    pyreadstat = pytest.importorskip("pyreadstat", reason="needs the tables extra")
    pyreadstat.write_xport(
        FRAME.rename(columns={"weight_kg": "weight"}),
        str(tmp_path / "table.xpt"),
        file_format_version=5,
    )
    read = read_table(tmp_path / "table.xpt").frame.rename(columns=str.lower)
    assert read.age.tolist() == FRAME.age.tolist()
    assert read.sex.tolist() == FRAME.sex.tolist()


def test_excel_with_its_titles(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="needs the tables extra")
    with pd.ExcelWriter(tmp_path / "table.xlsx") as book:
        pd.DataFrame([["Register 2024"]]).to_excel(book, index=False, header=False)
        FRAME.to_excel(book, index=False, startrow=2)
        pd.DataFrame().to_excel(book, sheet_name="empty")
    same(tmp_path / "table.xlsx")


def test_a_workbook_of_two_tables_is_not_guessed(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="needs the tables extra")
    with pd.ExcelWriter(tmp_path / "table.xlsx") as book:
        FRAME.to_excel(book, sheet_name="May", index=False)
        FRAME.to_excel(book, sheet_name="June", index=False)
    with pytest.raises(InputError, match=r"has 2 sheets with cells \(May, June\)"):
        read_table(tmp_path / "table.xlsx")


@pytest.mark.parametrize(
    ("library", "content"),
    [("openpyxl", "an Excel workbook"), ("pyreadstat", "an SPSS file")],
)
def test_without_the_library_the_extra_is_named(
    library: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(library, reason="needs the tables extra")
    path = tmp_path / "table"
    if library == "openpyxl":
        with pd.ExcelWriter(path, engine="openpyxl") as book:
            FRAME.to_excel(book, index=False)
    else:
        path.write_bytes(b"$FL2@(#) SPSS DATA FILE")
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(MissingExtra, match=rf"reading {content} needs bridge's tables extra"):
        read_table(path)


@pytest.mark.parametrize("magic", [b"PAR1", b"$FL2", b"<stata_dta>", b"s\x01\x01\0"])
def test_a_file_that_is_not_whole_is_said_so(magic: bytes, tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(magic + b"and no more")
    with pytest.raises(InputError, match=r"begins as an? .+ and is no whole one"):
        read_table(tmp_path / "table")


def test_an_old_workbook_is_to_be_saved_anew(tmp_path: Path) -> None:
    (tmp_path / "table.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(InputError, match=r"is an old Excel workbook \(\.xls\): save it as CSV"):
        read_table(tmp_path / "table.xls")


def test_a_table_that_unfolds_to_a_mountain_is_refused(tmp_path: Path) -> None:
    """A few kilobytes of Parquet hold any number of equal cells."""
    arrow = pytest.importorskip("pyarrow", reason="needs the scale extra")
    from pyarrow import parquet

    path = tmp_path / "bomb.parquet"
    same = arrow.array(np.zeros(2**16))
    columns = {f"c{number}": same for number in range(2**6)}
    schema = arrow.schema([(name, arrow.float64()) for name in columns])
    with parquet.ParquetWriter(path, schema) as file:
        file.write_table(arrow.table(columns))
    assert len(read_table(path).frame) == 2**16
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.tables.foreign.MOST_CELLS", 2**20)
        with pytest.raises(InputError, match="too large a table: 65,536 rows of 64 columns"):
            read_table(path)
