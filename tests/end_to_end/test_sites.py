"""`bridge load --sites`: several servers at once, each with a run and a failure of its own."""

import os
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.openmrs.transport import Transport
from bridge.runs.loading import send_patients
from bridge.runs.preparing import Prepared
from bridge.runs.surroundings import Surroundings
from bridge.sandbox import PASSWORD, USER, Sandbox
from bridge.sites import site_seed
from tests.end_to_end.conftest import Cli, Clinic, Output
from tests.lib.fault_proxy import Fault, fault_proxy
from tests.lib.loading import QUICK, connector, found, prepare
from tests.lib.scripted_server import scripted_server

AS_OF = "2026-11-01"


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two sandboxes that are ready for loads."""
    with ExitStack() as open_ones:
        urls = []
        for name in ("kisumu", "nakuru"):
            folder = tmp_path_factory.mktemp(name)
            sandbox = Sandbox.start(folder, clock=lambda: datetime.now(UTC))
            urls.append(open_ones.enter_context(sandbox).url)
            prepare(connector(urls[-1]))
        yield urls


Sites = Callable[..., Path]


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sites:
    """Return what writes a sites file: a name and an address each, and more keys by name."""
    monkeypatch.setenv("TOWNS", PASSWORD)

    def write(urls: dict[str, str], **more: dict[str, object]) -> Path:
        text = "sites:\n"
        for name, url in urls.items():
            keys = {"name": name, "url": url, "user": USER, **more.get(name, {})}
            if "password_file" not in keys:
                keys.setdefault("password_env", "TOWNS")
            text += "".join(
                f"  {' ' if place else '-'} {key}: {value}\n"
                for place, (key, value) in enumerate(keys.items())
            )
        path = tmp_path / "sites.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def by_name(done: Output) -> dict[str, dict[str, Any]]:
    """Return what a load said of each site."""
    listed: Any = done.json["sites"]
    return {site["name"]: site for site in listed}


def made(site: dict[str, Any]) -> tuple[int, int]:
    """Return how many patients a load made on a site, and how many were there."""
    return site["patients"]["created"], site["patients"]["already_there"]


def load(cli: Cli, path: Path, *more: str) -> Output:
    """Load onto the sites of a file."""
    return cli("load", "--sites", path, "--as-of", AS_OF, "--yes", "--json", *more)


def test_each_site_gets_patients_of_its_own(
    cli: Cli, sites: Sites, towns: list[str], clinic: Clinic, tmp_path: Path
) -> None:
    """As many and of the country that the file says, else the flags; each with a record."""
    secret = tmp_path / "clinic.password"
    secret.write_text(clinic.password + "\n", encoding="utf-8")
    path = sites(
        {"kisumu": towns[0], "nakuru": towns[1], "clinic": clinic.url},
        nakuru={"count": 2, "population": "haiti"},
        clinic={"user": clinic.user, "password_file": "clinic.password", "seed": 20264},
    )
    done = load(cli, path, "--count", "3", "--seed", "9", "--visits", "1")
    assert done.code == 0, done.err
    of = by_name(done)
    assert [site["seed"] for site in of.values()] == [
        site_seed(9, "kisumu"),
        site_seed(9, "nakuru"),
        20264,
    ]
    assert [sum(made(site)) for site in of.values()] == [3, 2, 3]
    assert done.json["patients"]["requested"] == 8  # type: ignore[index]
    assert done.json["observations"] == sum(site["observations"] for site in of.values())
    assert len(found(of["nakuru"]["run"], connector(towns[1]))) == 2
    assert found(of["nakuru"]["run"], connector(towns[0])) == []
    status = cli("status", of["nakuru"]["run"], "--json").json
    assert status["recipe"]["population"] == "haiti"  # type: ignore[index]
    for site in of.values():
        secrets = ["--password-file", secret] if site["name"] == "clinic" else []
        os.environ["BRIDGE_PASSWORD"] = PASSWORD
        verified = cli("verify", site["run"], "--json", *secrets)
        assert verified.json["differences"] == []
        assert cli("undo", site["run"], *secrets).code == 0


def test_the_same_file_and_seed_give_the_same_patients(
    cli: Cli, sites: Sites, towns: list[str]
) -> None:
    """Whatever the order, and whatever other sites there are."""
    here = {"kisumu": towns[0], "nakuru": towns[1]}
    first = load(cli, sites(here), "--count", "2")
    assert [made(site) for site in by_name(first).values()] == [(2, 0), (2, 0)]
    seed = ["--seed", str(first.json["seed"])]
    turned = load(cli, sites(dict(reversed(here.items()))), "--count", "2", *seed)
    assert [made(site) for site in by_name(turned).values()] == [(0, 2), (0, 2)]
    alone = load(cli, sites({"nakuru": towns[1]}), "--count", "3", *seed)
    assert made(by_name(alone)["nakuru"]) == (1, 2)


def test_one_site_s_failure_does_not_stop_the_others(
    cli: Cli, sites: Sites, towns: list[str], tmp_path: Path
) -> None:
    """Each says what is wrong there; the exit code is the highest."""
    with scripted_server(lambda request: None) as gone:
        away = gone.url
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password\n", encoding="utf-8")
    path = sites(
        {"kisumu": towns[0], "away": away, "nakuru": towns[1], "unset": "http://127.0.0.1:9/x"},
        nakuru={"password_file": wrong},
        unset={"password_env": "NOT_SET"},
    )
    done = load(cli, path, "--count", "2")
    of = by_name(done)
    assert done.code == 3
    assert {name: site["exit_code"] for name, site in of.items()} == {
        "kisumu": 0,
        "away": 3,
        "nakuru": 3,
        "unset": 2,
    }
    assert of["kisumu"]["patients"]["created"] == 2
    assert "nothing listens there" in of["away"]["error"]
    assert f"does not accept user 'admin' with the password of {wrong}" in of["nakuru"]["error"]
    assert of["unset"]["error"].endswith("is missing: set NOT_SET")
    assert of["nakuru"]["run"] is of["nakuru"]["resume"] is None
    assert "not-the-password" not in done.out + done.err

    told = cli("load", "--sites", path, "--count", "1")
    assert told.code == 3
    assert f"away: {away}: nothing listens there" in told.out
    assert "1 of 1" in told.out


def test_a_site_that_dies_in_the_middle_is_resumed(
    cli: Cli, sites: Sites, towns: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the command that the summary gives, once the server is back."""
    monkeypatch.setitem(Transport.__init__.__kwdefaults__, "patience", QUICK)
    (tmp_path / "it's secret").write_text(PASSWORD + "\n", encoding="utf-8")
    with fault_proxy(towns[1]) as proxy:
        path = sites(
            {"kisumu": towns[0], "nakuru": proxy.url}, nakuru={"password_file": "it's secret"}
        )
        proxy.put(Fault.CUT_BEFORE, "POST .*/encounter", *range(9, 2000))
        done = load(cli, path, "--count", "20", "--visits", "1")
        of = by_name(done)
        assert (done.code, of["kisumu"]["exit_code"]) == (3, 0)
        assert made(of["kisumu"]) == (20, 0)
        assert 0 < made(of["nakuru"])[0] < 20
        assert "does not answer as it should" in of["nakuru"]["error"]
        assert of["kisumu"]["resume"] is None
        proxy.faults.clear()
        program, *resume = shlex.split(of["nakuru"]["resume"])
        assert (program, resume[0]) == ("bridge", "resume")
        assert cli(*resume).code == 0
        assert len(found(of["nakuru"]["run"], connector(towns[1]))) == 20


def test_patients_that_may_be_real_and_a_bare_server_fail_their_sites(
    cli: Cli, sites: Sites, towns: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked; --yes counts for all."""
    monkeypatch.setattr("bridge.runs.preparing.real_patients", lambda state: 7)
    with Sandbox.start(tmp_path / "bare", clock=lambda: datetime.now(UTC)) as bare:
        path = sites({"kisumu": towns[0], "bare": bare.url})
        done = cli("load", "--sites", path, "--count", "1", "--json")
    of = by_name(done)
    assert {name: site["exit_code"] for name, site in of.items()} == {"kisumu": 2, "bare": 3}
    assert (
        "7 patients not marked as demo: if it is no real hospital, say --yes"
        in (of["kisumu"]["error"])
    )
    assert "bridge setup" in of["bare"]["error"]


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_stops_all_sites_and_each_can_be_resumed(
    times: int, cli: Cli, sites: Sites, towns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second does not wait for a server that hangs."""
    all_here, go_on = threading.Barrier(2), threading.Event()

    def interrupted(prepared: Prepared, workers: int | None, around: Surroundings) -> None:
        if all_here.wait(30) == 0:
            os.kill(os.getpid(), signal.SIGINT)
        assert around.stop.wait(30)
        if times == 2 and prepared.ledger.run.server == towns[0]:
            os.kill(os.getpid(), signal.SIGINT)
            go_on.wait(30)
        send_patients(prepared, workers, around)

    path = sites({"kisumu": towns[0], "nakuru": towns[1]})
    with monkeypatch.context() as patch:
        patch.setattr("bridge.runs.sites.send_patients", interrupted)
        done = load(cli, path, "--count", "2")
    go_on.set()
    of = by_name(done)
    assert done.code == 130
    assert of["kisumu"]["error"] == ("stopped" if times == 1 else "stopped at once")
    for thread in threading.enumerate():
        if thread.name in of:
            thread.join(30)
    monkeypatch.setenv("BRIDGE_PASSWORD", PASSWORD)
    for site in of.values():
        assert site["resume"] == f"bridge resume {site['run']}"
    assert cli("resume", of["kisumu"]["run"]).code == 0
    assert len(found(of["kisumu"]["run"], connector(towns[0]))) == 2


def test_a_fault_in_bridge_itself_on_one_site_is_reported(
    cli: Cli, sites: Sites, towns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the others are loaded all the same."""

    def faulty(prepared: Prepared, workers: int | None, around: Surroundings) -> None:
        if prepared.ledger.run.server == towns[0]:
            raise ZeroDivisionError("somewhere")
        send_patients(prepared, workers, around)

    monkeypatch.setattr("bridge.runs.sites.send_patients", faulty)
    done = load(cli, sites({"kisumu": towns[0], "nakuru": towns[1]}), "--count", "1")
    of = by_name(done)
    assert done.code == of["kisumu"]["exit_code"] == 70
    report = Path(of["kisumu"]["error"].rpartition(" ")[2])
    assert "in faulty" in report.read_text(encoding="utf-8")
    report.unlink()
    assert made(of["nakuru"]) == (1, 0)


def test_a_dry_run_counts_for_all_and_writes_nothing(
    cli: Cli, sites: Sites, towns: list[str], own_home: Path
) -> None:
    """The load with that seed then makes as many."""
    with scripted_server(lambda request: None) as gone:
        away = gone.url
    path = sites({"kisumu": towns[0], "nakuru": towns[1], "away": away})
    foretold = load(cli, path, "--count", "4", "--dry-run")
    assert foretold.code == 3
    assert foretold.json["dry_run"] is True
    assert foretold.json["patients"] == 8
    assert foretold.json["requests"] == 8 + foretold.json["visits"]  # type: ignore[operator]
    assert "nothing listens" in by_name(foretold)["away"]["error"]
    assert not (own_home / "runs").exists()
    told = cli("load", "--sites", sites({"kisumu": towns[0]}), "--dry-run", "--count", "1")
    assert "Nothing was written" in told.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "http://x"], "leave out --url"),
        (["--user", "x", "--password-file", "y"], "leave out --user, --password-file"),
        (["--from", "."], "leave out --from"),
        (["--as-of", "2999-01-01"], "in the future"),
    ],
)
def test_flags_that_contradict_the_file_are_refused(
    arguments: list[str], words: str, cli: Cli, sites: Sites
) -> None:
    """Before any server is asked."""
    done = cli("load", "--sites", sites({"kisumu": "http://127.0.0.1:9/openmrs"}), *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_faulty_file_is_refused_whole(cli: Cli, tmp_path: Path) -> None:
    """With its name and line; a missing one, too."""
    path = tmp_path / "sites.yaml"
    path.write_text("sites:\n  - name: a\n    password: hush\n", encoding="utf-8")
    done = cli("load", "--sites", path)
    assert (done.code, done.out) == (2, "")
    assert f"{path}:2: sites.0: a password does not belong in this file" in done.err
    assert cli("load", "--sites", tmp_path / "missing.yaml").code == 2
