"""`bridge generate --engine dask`: a cluster of two processes on this machine."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Cli

distributed = pytest.importorskip("distributed", reason="needs the scale extra")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two workers, each a process with one thread."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as made:
        yield made


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_cluster_gives_the_same_bytes_as_one_process(
    form: str, cluster: Any, cli: Cli, tmp_path: Path
) -> None:
    """In every file, and as many drawn again; people who are given travel to both workers."""
    people = tmp_path / "people.csv"  # of so many visits that a block is a part, and there are two
    people.write_text("sex,age_months\n" + "F,300\nM,30\n" * 130)
    asked = ["--people", people, "--seed", "3", "--as-of", "2026-11-01", "--visits", "1-50"]
    on_cluster = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
    here, there = tmp_path / "here", tmp_path / "there"
    alone = cli("generate", *asked, "--format", form, "--out", here)
    together = cli("generate", *asked, "--format", form, *on_cluster, "--out", there)
    assert (alone.code, together.code) == (0, 0), together.err
    assert together.out.replace("there", "here") == alone.out
    names = sorted(path.name for path in here.iterdir())
    assert len(names) == 4
    for name in names:
        assert (here / name).read_bytes() == (there / name).read_bytes()
    with distributed.Client(cluster, set_as_default=False) as client:
        cohorts = client.run(lambda: len(sys.modules["bridge.synthesis.cluster"]._cohorts))
    assert list(cohorts.values()) == [1, 1]


def test_a_scheduler_that_does_not_answer_is_said(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how to start one; nothing is left behind."""
    monkeypatch.setattr("bridge.synthesis.cluster.ANSWER_WITHIN_SECONDS", 0.5)
    asked = ["generate", "--count", "1", "--engine", "dask", "--out", tmp_path / "out"]
    refused = cli(*asked, "--scheduler", "tcp://127.0.0.1:1")
    assert refused.code == 3
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in refused.err
    assert cli(*asked, "--scheduler", "nonsense://").code == 3
    assert not (tmp_path / "out").exists()


def test_an_engine_and_its_address_go_together(cli: Cli, tmp_path: Path) -> None:
    """Neither is guessed, and workers are this machine's."""
    asked = ["generate", "--count", "1", "--out", tmp_path / "out"]
    for more in (
        ["--engine", "dask"],
        ["--scheduler", "tcp://127.0.0.1:1"],
        ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"],
    ):
        refused = cli(*asked, *more)
        assert refused.code == 2
        assert "--scheduler" in refused.err or "--workers" in refused.err


def test_without_dask_the_extra_is_named(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what installs it."""
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    asked = ["generate", "--count", "1", "--engine", "dask", "--out", tmp_path / "out"]
    refused = cli(*asked, "--scheduler", "tcp://127.0.0.1:1")
    assert refused.code == 2
    assert "openmrs-bridge[scale]" in refused.err


def test_a_cluster_without_workers_is_said(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than waiting for ever."""
    monkeypatch.setattr("bridge.synthesis.cluster.ANSWER_WITHIN_SECONDS", 0.5)
    with distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as made:
        on_cluster = ["--engine", "dask", "--scheduler", made.scheduler_address]
        refused = cli("generate", "--count", "1", *on_cluster, "--out", tmp_path / "out")
    assert refused.code == 3
    assert "has no worker" in refused.err
    assert not (tmp_path / "out").exists()


def test_workers_that_would_make_other_patients_are_refused(
    cluster: Any, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have another version of bridge, or another model."""
    monkeypatch.setattr("bridge.synthesis.cohort.GENERATOR", 0)
    on_cluster = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
    refused = cli("generate", "--count", "1", *on_cluster, "--out", tmp_path / "out")
    assert refused.code == 2
    assert "makes other patients" in refused.err
