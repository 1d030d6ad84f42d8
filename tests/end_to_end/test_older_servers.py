"""What older and leaner servers lack is done without, or said."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.chart import MEASUREMENTS
from bridge.delivery.kinds import observations
from bridge.delivery.ledger import State
from bridge.delivery.preflight import Level, check, choose_profile
from bridge.delivery.requests import Expected
from bridge.delivery.run import plan_run
from bridge.delivery.server_state import read_server_state
from bridge.delivery.verify import compare
from bridge.openmrs.client import Client
from bridge.sandbox import Sandbox
from tests.end_to_end.conftest import Clinic
from tests.end_to_end.test_faults import COUNT, fresh_cohort
from tests.lib.fault_proxy import fault_proxy
from tests.lib.flat_client import FlatClient, RefusingClient
from tests.lib.loading import (
    MAPPING,
    connector,
    differences,
    found,
    prepare,
    proceed,
    start,
    take_off,
)

CORE_2_5 = ["/conceptreferencerange", "/health/"]
WITHOUT_A_LOOK_AT_THE_SYSTEM = ["/systeminformation", "/module"]


@pytest.mark.parametrize(
    "absent",
    [CORE_2_5, WITHOUT_A_LOOK_AT_THE_SYSTEM, CORE_2_5 + WITHOUT_A_LOOK_AT_THE_SYSTEM],
    ids=["core 2.5", "no privilege for system information", "both"],
)
def test_a_load_goes_without_what_is_not_there(
    absent: list[str], clinic: Clinic, tmp_path: Path
) -> None:
    """From the checks to the undo."""
    cohort = fresh_cohort()
    with fault_proxy(clinic.url) as proxy:
        proxy.lack(*absent)
        connect = clinic.connect_by(proxy.url)
        client = connect()
        state = read_server_state(client, MAPPING)
        client.close()
        findings = check(state, MAPPING, choose_profile(state, MAPPING), now=state.time)  # type: ignore[arg-type]
        assert not [finding for finding in findings if finding.level is Level.FAIL]
        with start(tmp_path, cohort, connect) as ledger:
            proceed(ledger, cohort, connect)
            assert ledger.counts() == {State.CREATED: COUNT}
            assert differences(ledger, cohort, connect) == []
            take_off(ledger, connect)
            assert found(ledger.run.name, connect) == []


def test_without_idgen_identifiers_are_made_here(clinic: Clinic, tmp_path: Path) -> None:
    """With the check digit that the server's own type asks for."""
    cohort = fresh_cohort()
    with fault_proxy(clinic.url) as proxy:
        proxy.lack("/idgen/")
        connect = clinic.connect_by(proxy.url)
        with start(tmp_path, cohort, connect) as ledger:
            proceed(ledger, cohort, connect)
            assert ledger.counts() == {State.CREATED: COUNT}
            identifiers = [row.identifiers for row in ledger.rows()]
            assert len(set(identifiers)) == COUNT
            assert all(identifier.startswith("Y") for (identifier,) in identifiers)
            take_off(ledger, connect)


def test_a_bare_server_that_never_had_idgen_is_filled_too(tmp_path: Path) -> None:
    """With the identifier type that every OpenMRS starts with, its location and check digit."""
    with (
        Sandbox.start(tmp_path / "bare", clock=lambda: datetime.now(UTC)) as bare,
        fault_proxy(bare.url) as proxy,
    ):
        proxy.lack("/idgen/", "/module")
        connect = connector(proxy.url)
        prepare(connect)
        cohort = fresh_cohort()
        with start(tmp_path, cohort, connect) as ledger:
            proceed(ledger, cohort, connect)
            assert ledger.counts() == {State.CREATED: COUNT}
            assert all("-" in identifier for row in ledger.rows() for identifier in row.identifiers)


@pytest.mark.parametrize("kind", [FlatClient, RefusingClient])
def test_where_no_visit_is_made_inside_its_encounter_they_are_sent_apart(
    kind: type[FlatClient], clinic: Clinic, tmp_path: Path
) -> None:
    """And are together in the end."""
    cohort = fresh_cohort()

    def connect() -> Client:
        return kind(clinic.connect().transport)

    with start(tmp_path, cohort, connect) as ledger:
        proceed(ledger, cohort, connect)
        assert ledger.counts() == {State.CREATED: COUNT}
        assert differences(ledger, cohort, clinic.connect) == []
        with closing(clinic.connect()) as client:
            for patient in cohort.patients(range(1, COUNT + 1)):
                found_visits = client.every(
                    "visit", "uuid,encounters:(uuid)", patient=patient.uuid, includeInactive="true"
                )
                there = {v["uuid"]: [e["uuid"] for e in v["encounters"]] for v in found_visits}
                assert there == {v.uuid: [e.uuid for e in v.encounters] for v in patient.visits}
        take_off(ledger, clinic.connect)


def test_an_identifier_that_is_taken_gives_way_to_another(clinic: Clinic, tmp_path: Path) -> None:
    """As when somebody was registered with it in between."""
    first, second = fresh_cohort(), fresh_cohort()
    with start(tmp_path, first, clinic.connect) as ledger:
        proceed(ledger, first, clinic.connect)
        taken = [row.identifiers for row in ledger.rows()]
        with start(tmp_path, second, clinic.connect) as other:
            with closing(clinic.connect()) as client:
                plan_run(other, second, client)
            rows = list(other.rows())
            other.write(
                row._replace(identifiers=used) for row, used in zip(rows, taken, strict=True)
            )
            proceed(other, second, clinic.connect)
            assert other.counts() == {State.CREATED: COUNT}
            assert not set(taken) & {row.identifiers for row in other.rows()}
            take_off(other, clinic.connect)
        take_off(ledger, clinic.connect)


def test_observations_of_every_recorded_server_can_be_compared(tapes: list[Path]) -> None:
    """Their FHIR modules differ; what verify reads is in all of them."""
    entries = {entry.concept: (name, entry) for name, entry in MAPPING.measurements.items()}
    compared = 0
    for tape in tapes:
        for exchange in json.loads(tape.read_text())["exchanges"]:
            if exchange["name"] != "fhir vitals as the chart asks":
                continue
            for found_entry in exchange["response"]["json"]["entry"]:
                read = found_entry["resource"]
                concept = read["code"]["coding"][0]["code"]
                name, entry = entries[concept]
                assert name in MEASUREMENTS
                fields = {
                    "concept": entry.concept,
                    "value": read["valueQuantity"]["value"],
                    "unit": entry.unit,
                    "time": datetime.fromisoformat(read["effectiveDateTime"]),
                    "encounter": read["encounter"]["reference"].removeprefix("Encounter/"),
                    "comment": "",
                }
                uuid, found_there = read["id"], [observations.found(read)]
                meant = Expected(observations.NAME, uuid, name, fields)
                assert list(compare(1, {uuid: meant}, found_there, {})) == []
                wrong = meant._replace(fields={**fields, "value": fields["value"] + 1})
                assert [d.meant for d in compare(1, {uuid: wrong}, found_there, {})]
                compared += 1
    assert compared > 50
