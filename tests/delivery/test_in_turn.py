"""Several providers and locations of a server, taken in turn where the mapping names them."""

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bridge.delivery.preflight import Level, check, choose_profile, target
from bridge.delivery.rendering import encounter_body, provider_of, visit_body
from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import make_tags, set_up
from bridge.mapping.model import Mapping
from bridge.sandbox import Sandbox
from tests.lib.loading import MAPPING, connector
from tests.lib.patients import make_patient
from tests.lib.records import TARGET

NURSES = ("nurse-a", "nurse-b", "nurse-c")
ROOMS = ("room-1", "room-2")
SEVERAL = replace(TARGET, providers=NURSES, locations_in_turn=ROOMS)


def own_mapping() -> Mapping:
    """Return bridge's mapping with two more providers and a second location."""
    bare = MAPPING.profiles["bare"].model_dump()
    usual = bare["location"]
    names = {"providers": ("Nurse Achieng", "Nurse Baraka"), "locations": ("Maternity",)}
    things = {
        field: [
            {"uuid": f"{place}{number:07d}-1111-4222-8333-944455556666", "name": name}
            for number, name in enumerate(given)
        ]
        for place, (field, given) in enumerate(names.items())
    }
    things["locations"].append(usual)
    return Mapping.model_validate(MAPPING.model_dump() | {"profiles": {"bare": {**bare, **things}}})


def test_each_takes_a_share_and_always_the_same_one() -> None:
    """An encounter is its visit's place's; an order is its encounter's provider's."""
    patient = make_patient(visits=200)
    shares: Counter[str] = Counter()
    for visit in patient.visits:
        (encounter,) = visit.encounters
        made = visit_body(patient, visit, SEVERAL)
        within = encounter_body(patient, visit, encounter, SEVERAL)
        (by,) = within["encounterProviders"]
        assert within["location"] == made["location"]
        assert by["provider"] == provider_of(encounter.uuid, SEVERAL)
        shares.update([by["provider"], made["location"]])
    assert shares.keys() == {*NURSES, *ROOMS}
    assert min(shares.values()) > 40


def test_a_place_that_files_name_is_nobody_else_s_turn() -> None:
    """And without several all stays at the usual place, with the usual provider."""
    patient = make_patient(visits=20)
    named = replace(SEVERAL, locations={"Ward 7": "ward"})
    for visit in patient.visits:
        there = replace(visit, location="Ward 7")
        assert visit_body(patient, there, named)["location"] == "ward"
        assert visit_body(patient, visit, TARGET)["location"] == TARGET.location
        assert provider_of(visit.encounters[0].uuid, TARGET) == TARGET.provider


def test_what_is_named_is_looked_for_and_made(tmp_path: Path) -> None:
    """Check names what is missing; setup makes it, and then there is nothing to say."""
    mapping = own_mapping()
    profile = mapping.profiles["bare"]
    now = datetime.now(UTC)
    with (
        Sandbox.start(tmp_path, clock=lambda: datetime.now(UTC)) as sandbox,
        closing(connector(sandbox.url)()) as client,
    ):
        state = read_server_state(client, mapping)
        missing = {f.check: f.found for f in check(state, mapping, "bare", now=now)}
        assert missing["providers"] == "missing: Nurse Achieng, Nurse Baraka"
        assert missing["locations"] == "missing: Maternity"
        made = list(set_up(client, state, mapping, profile))
        assert [thing for thing in made if thing.refused] == []
        assert len({thing.label for thing in made}) == len(made)
        state = make_tags(client, read_server_state(client, mapping))
    assert choose_profile(state, mapping) == "bare"
    found = check(state, mapping, "bare", now=now)
    assert [f for f in found if f.level is Level.FAIL] == []
    assert {f.check: f.found for f in found}["providers"] == "2, in turn"
    goal = target(state, profile)
    assert goal.providers == tuple(thing.uuid for thing in profile.providers)
    assert goal.locations_in_turn[-1] == profile.location.uuid
