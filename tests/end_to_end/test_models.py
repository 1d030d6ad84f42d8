"""`bridge train` and `bridge sample`: a table of one's own to a model, and the model to rows."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.flows.checkpoint import load_checkpoint
from bridge.flows.inference import infer_spec
from bridge.flows.spec import load_spec
from bridge.flows.table import parse_table
from tests.end_to_end.conftest import Cli
from tests.lib.models import drawn_checkpoint

QUICK = "fit: {hidden: [8], epochs: 2, batch: 64, decay: 0.9}\n"


def patients(count: int = 400) -> pd.DataFrame:
    """Rows of a clinic's own table."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "patient_id": range(1, count + 1),
            "sex": rng.choice(["F", "M"], count),
            "age_years": rng.integers(20, 60, count),
            "height_cm": np.round(rng.normal(165, 8, count), 1),
            "pulse_bpm": 2 * rng.integers(30, 60, count),
        }
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.csv"
    patients().to_csv(path, index=False)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that was not fitted, for whom torch is not needed."""
    frame = patients()
    path = tmp_path / "drawn.npz"
    path.write_bytes(drawn_checkpoint(parse_table(frame, infer_spec(frame).spec)))
    return path


def test_a_table_becomes_a_model_becomes_rows(cli: Cli, data: Path, tmp_path: Path) -> None:
    """By an inferred spec, which is edited, to rows like those of the table."""
    pytest.importorskip("torch", reason="the train extra is not installed")
    model, spec = tmp_path / "clinic.npz", tmp_path / "clinic.spec.yaml"
    patients(90).to_csv(data, index=False)
    stopped = cli("train", "--data", data, "--out", model)
    assert stopped.code == 2
    assert "a fit needs 100 rows with each output, and there is height_cm in 90" in stopped.err
    assert not model.exists() and not spec.exists(), "a failed try leaves nothing behind"

    patients().to_csv(data, index=False)
    looked = cli("train", "--check", "--data", data, "--out", model)
    assert looked.code == 0, looked.err
    assert "not used: patient_id identifies rows" in looked.out
    assert not model.exists()

    spec.write_text(spec.read_text(encoding="utf-8") + QUICK, encoding="utf-8")
    patients().assign(sex=["X", *patients()["sex"][1:]]).to_csv(data, index=False)
    fitted = cli("train", "--data", data, "--spec", spec, "--out", model, "--seed", "7")
    assert fitted.code == 0, fitted.err
    assert "left out: 1 row, sex not known" in fitted.out
    assert "height_cm" in fitted.out
    story = load_checkpoint(model).provenance
    assert (story["seed"], story["left_out"]["sex not known"]) == (7, 1)
    assert load_checkpoint(model).spec == load_spec(spec)

    before = model.read_bytes()
    assert cli("train", "--data", data, "--spec", spec, "--out", model, "--seed", "7").code == 0
    assert model.read_bytes() == before

    sampled = cli("sample", model, "--out", tmp_path / "rows.csv", "--count", "300", "--seed", "1")
    assert sampled.code == 0, sampled.err
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert list(rows.columns) == ["sex", "age_years", "height_cm", "pulse_bpm"]
    assert len(rows) == 300
    assert rows["age_years"].between(20, 59).all()
    assert (rows["pulse_bpm"] % 2 == 0).all()


def test_people_to_stop_by_can_be_given(cli: Cli, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the train extra is not installed")
    others, spec, model = tmp_path / "others.csv", tmp_path / "s.yaml", tmp_path / "m.npz"
    patients(150).to_csv(others, index=False)
    spec.write_text("outputs: {pulse_bpm: {columns: [pulse_bpm], step: 2}}\n" + QUICK)
    asked = ["train", "--data", data, "--data", others, "--select", others, "--spec", spec]
    done = cli(*asked, "--out", model)
    assert done.code == 0, done.err
    story = load_checkpoint(model).provenance
    assert (story["rows"], story["selected_on"]["rows"]) == (550, 150)
    assert [file["file"] for file in story["data"]] == ["clinic.csv", "others.csv"]
    assert cli("sample", model, "--out", tmp_path / "rows.csv", "--count", "9").code == 0


def test_an_inferred_spec_is_not_written_over_one_that_may_be_edited(
    cli: Cli, data: Path, tmp_path: Path
) -> None:
    edited = tmp_path / "clinic.spec.yaml"
    edited.write_text("about: mine\n")
    refused = cli("train", "--data", data, "--out", tmp_path / "clinic.npz")
    assert refused.code == 2
    assert f"{edited}: is there already: give it with --spec, or remove it" in refused.err
    assert edited.read_text() == "about: mine\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--out", "model.pt"], "model.pt: a model's name ends in .npz"),
        (["--data", "nowhere.csv"], "nowhere.csv: cannot be read (No such file"),
        (["--data", "picture.csv"], "picture.csv: is not UTF-8 text: save it as UTF-8"),
        (["--data", "letter.csv"], "no column of the table is a measurement"),
        (
            ["--spec", "nobody"],
            "nobody: no such file, and no spec of bridge's own (illness, labs, pop",
        ),
        (["--spec", "odd.yaml"], "odd.yaml:2: outputs.pulse.stp: unknown key, did you mean 'step'"),
        (["--spec", "other.yaml"], "has no column 'height', did you mean 'height_cm'"),
        (["--spec", "population"], "has no column 'examined'"),
        (["--spec", "good.yaml", "--select", "few.csv"], "few.csv: has no column 'pulse_bpm'"),
    ],
)
def test_what_is_wrong_with_a_fit_is_said_in_one_line(
    arguments: list[str], complaint: str, cli: Cli, data: Path, tmp_path: Path
) -> None:
    """Before anything is fitted or written."""
    (tmp_path / "picture.csv").write_bytes(bytes(range(128, 256)))
    (tmp_path / "letter.csv").write_text("Dear\nall\n")
    (tmp_path / "few.csv").write_text("sex\nF\n")
    (tmp_path / "odd.yaml").write_text("outputs:\n  pulse: {columns: [pulse_bpm], stp: 2}\n")
    (tmp_path / "other.yaml").write_text("outputs: {height: {columns: [height]}}\n")
    (tmp_path / "good.yaml").write_text("outputs: {pulse_bpm: {columns: [pulse_bpm]}}\n")
    files = sorted(tmp_path.rglob("*"))
    usual = [] if "--data" in arguments else ["--data", data]
    done = cli("train", "--out", "model.npz", *usual, *arguments)
    assert done.code == 2
    assert complaint in done.err
    assert len(done.err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == files


def test_rows_like_other_people_are_in_their_order(cli: Cli, model: Path, tmp_path: Path) -> None:
    """A table of people need not hold anything else."""
    people = tmp_path / "people.csv"
    people.write_text("age_years,sex\n30,F\n40,M\n20,F\n")
    out = tmp_path / "rows.csv"
    assert cli("sample", model, "--like", people, "--out", out, "--seed", "1").code == 0
    rows = pd.read_csv(out)
    assert rows["sex"].tolist() == ["F", "M", "F"]
    assert rows["age_years"].tolist() == [30, 40, 20]
    assert rows["height_cm"].notna().all()


def test_the_same_seed_gives_the_same_file_and_the_drawn_one_is_said(
    cli: Cli, model: Path, tmp_path: Path
) -> None:
    a, b, c = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    drawn = cli("sample", model, "--out", a, "--count", "20")
    assert f"20 rows in {a} (seed " in drawn.out
    seed = drawn.out.partition("(seed ")[2].partition(")")[0]
    cli("sample", model, "--out", b, "--count", "20", "--seed", seed)
    cli("sample", model, "--out", c, "--count", "20", "--seed", "5")
    assert a.read_bytes() == b.read_bytes() != c.read_bytes()


def test_parquet_holds_the_same_rows(cli: Cli, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the scale extra")
    for name in ("a.csv", "a.parquet"):
        assert cli("sample", model, "--out", tmp_path / name, "--seed", "3").code == 0
    csv, parquet = pd.read_csv(tmp_path / "a.csv"), pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--out", "rows.xlsx"], "rows.xlsx: a table's name ends in .csv or .parquet"),
        (["--like", "people.csv"], "people.csv:3: sex is not known of everyone"),
        (["--like", "ages.csv"], "ages.csv: has no column 'sex'"),
        (["--like", "nowhere.csv"], "nowhere.csv: cannot be read"),
    ],
)
def test_what_is_wrong_with_a_sample_is_said_in_one_line(
    arguments: list[str], complaint: str, cli: Cli, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("sex,age_years\nF,30\nwoman,40\n")
    (tmp_path / "ages.csv").write_text("age_years\n30\n")
    done = cli("sample", model, "--out", "rows.csv", *arguments)
    assert done.code == 2
    assert complaint in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "rows.csv").exists()


def test_what_is_no_model_is_said_so(cli: Cli, data: Path) -> None:
    for name, complaint in ((data, "not a whole model checkpoint"), ("no.npz", "cannot be read")):
        done = cli("sample", name, "--out", "rows.csv")
        assert done.code == 2
        assert complaint in done.err


@pytest.mark.parametrize("command", ["train", "sample"])
def test_without_the_extra_it_says_what_to_install(command: str, tmp_path: Path) -> None:
    """The base installation has no pandas."""
    code = (
        "import sys; sys.modules['pandas'] = None; from bridge.__main__ import run; "
        f"sys.exit(run(['{command}', *sys.argv[1:]]))"
    )
    flags = ["--data", "a.csv", "--out", "b.npz"] if command == "train" else ["m", "--out", "b.csv"]
    done = subprocess.run(
        [sys.executable, "-c", code, *flags],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert 'pip install "openmrs-bridge[train]"' in done.stderr
