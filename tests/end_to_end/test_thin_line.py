"""A load over a thin line: long round trips, few bits, connections that are cut."""

from pathlib import Path

import pytest

from bridge.upload.ledger import State
from tests.end_to_end.conftest import Clinic
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
    """And the facts are the same."""
    from bridge.upload import facts

    with thin_line(clinic.url, Line(round_trip=0.01)) as line:
        client = clinic.connect_by(line.url)()
        one_by_one = facts.read_facts(client, MAPPING)
        assert line.connections == 1
        monkeypatch.setattr(facts, "LONG_WAIT", 0.005)
        at_once = facts.read_facts(client, MAPPING)
        assert 1 < line.connections <= facts.READERS
        client.close()
    assert at_once == facts.replace(one_by_one, time=at_once.time)
