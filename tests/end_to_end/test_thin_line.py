"""A load over a thin line: long round trips, few bits, connections that are cut."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.delivery import server_state
from bridge.delivery.ledger import State, find_record, read_with_history
from tests.end_to_end.conftest import Cli, Clinic
from tests.end_to_end.test_faults import COUNT, VISITS, fresh_cohort
from tests.lib.loading import MAPPING, differences, proceed, start, totals_on_server
from tests.lib.patients import VALUES
from tests.lib.thin_line import Line, thin_line


def test_a_load_over_a_bad_line_makes_exactly_what_was_asked(
    clinic: Clinic, tmp_path: Path
) -> None:
    """Whatever is cut, before or after the server carried it out, is settled by asking."""
    cohort = fresh_cohort()
    with thin_line(clinic.url, Line(bits_per_second=1e6, round_trip=0.02, cut=0.15)) as line:
        connect = clinic.connect_by(line.url)
        with start(tmp_path, cohort, connect) as ledger:
            proceed(ledger, cohort, connect, workers=4)
            assert line.cuts > 3
            assert ledger.counts() == {State.CREATED: COUNT}
            asked = (COUNT, COUNT * VISITS, COUNT * VISITS * len(VALUES))
            assert totals_on_server(ledger.run.name, clinic.connect) == asked
            assert differences(ledger, cohort, clinic.connect) == []


def test_over_a_long_line_the_server_is_asked_several_things_at_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the state are the same."""
    with thin_line(clinic.url, Line(round_trip=0.01)) as line:
        client = clinic.connect_by(line.url)()
        one_by_one = server_state.read_server_state(client, MAPPING)
        assert line.connections == 1
        monkeypatch.setattr(server_state, "LONG_WAIT", 0.005)
        at_once = server_state.read_server_state(client, MAPPING)
        assert 1 < line.connections <= server_state.READERS
        client.close()
    assert at_once == replace(one_by_one, time=at_once.time)


def test_over_a_long_line_the_connections_that_asked_go_on_to_send(
    clinic: Clinic, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening one takes a round trip, and signing in another."""
    monkeypatch.setenv("BRIDGE_PASSWORD", clinic.password)
    with thin_line(clinic.url, Line(round_trip=2 * server_state.LONG_WAIT)) as line:
        where = ("--url", line.url, "--user", clinic.user, "--home", str(tmp_path))
        done = cli("load", "--count", "8", "--visits", "1", "--yes", "--json", *where)
        assert done.code == 0
        assert 1 < line.connections <= server_state.READERS
    name = done.json["run"]
    _, history = read_with_history(find_record(tmp_path / "runs", str(name)))
    assert history.samples[0].workers == line.connections
