"""Deletes a patient for good, from the leaves up: OpenMRS refuses any other order."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from bridge.chart import (
    Attachment,
    Diagnosis,
    DrugOrder,
    Encounter,
    Finding,
    Immunization,
    Measurement,
    Note,
    Patient,
    Result,
    TestOrder,
    Visit,
)
from bridge.delivery.forms import by_kind
from bridge.delivery.kinds import BY_ENTRY, KINDS
from bridge.delivery.kinds.immunizations import observations_of
from bridge.delivery.removal import purge
from bridge.delivery.requests import Ref
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

ORDER = ("obs", "order", "patientdiagnoses", "encounter", "visit")
"""The resources that hang on a patient's visits, in the order in which they go."""

Parts = dict[str, dict[str, None]]
"""Uuids by resource, in the order they came, each once."""


UNDELETABLE = tuple(kind for kind in KINDS if kind.undeletable)
"""The kinds that OpenMRS deletes for nobody over REST, and so none of the patients who have any."""


def kept_by(client: Client, uuid: str) -> list[str]:
    """Name the kinds for whose sake a patient cannot be deleted for good."""
    return [
        kind.name for kind in UNDELETABLE if kind.undeletable and kind.undeletable(client, uuid)
    ]


_ENCOUNTER = (
    "uuid,obs:(uuid,groupMembers:(uuid)),orders:(uuid,previousOrder:(uuid)),diagnoses:(uuid)"
)


@as_openmrs_has_it("encounters")
def purge_patient(client: Client, uuid: str, patient: Patient | None) -> str:
    """Delete a patient with all that hangs on it; return the server's reason when it stays.

    What was voided before is not listed any more: it is known of `patient`, as it was sent.
    """
    parts = parts_of(patient.visits if patient else ())
    for encounter in client.every("encounter", _ENCOUNTER, patient=uuid):
        _add_encounter(encounter, parts)
    listed = client.every("visit", "uuid", patient=uuid, includeInactive="true", includeAll="true")
    parts["visit"].update(dict.fromkeys(visit["uuid"] for visit in listed))
    return (
        purge_parts(client, parts)
        or _purge_rest(client, uuid, patient)
        or purge(client, "patient", uuid)
    )


def _add_encounter(encounter: dict[str, Any], parts: Parts) -> None:
    parts["encounter"][encounter["uuid"]] = None
    for obs in encounter["obs"]:
        _add_obs(obs, parts)
    # The end of an order refers to it, and goes before it.
    orders = sorted(encounter.get("orders") or (), key=lambda order: not order.get("previousOrder"))
    diagnoses = encounter.get("diagnoses") or ()
    parts["order"].update(dict.fromkeys(order["uuid"] for order in orders))
    parts["patientdiagnoses"].update(dict.fromkeys(one["uuid"] for one in diagnoses))


def _add_obs(obs: dict[str, Any], parts: Parts) -> None:
    members = obs.get("groupMembers") or ()
    parts["obs"].update(dict.fromkeys(one["uuid"] for one in (*members, obs)))


def _purge_rest(client: Client, uuid: str, patient: Patient | None) -> str:
    """Delete what hangs on the patient itself."""
    listed = (kind.left_behind(client, uuid) for kind in KINDS if kind.left_behind)
    for ref in dict.fromkeys((*_sent(patient), *chain.from_iterable(listed))):
        if refused := purge(client, ref.resource, ref.uuid):
            return f"{ref.resource} {ref.uuid}: {refused}"
    return ""


def _sent(patient: Patient | None) -> Iterator[Ref]:
    for entry in patient.entries if patient else ():
        if resource := BY_ENTRY[type(entry)].resource:
            yield Ref(resource, entry.uuid)


def purge_parts(client: Client, parts: Parts) -> str:
    """Delete parts of visits; return the server's reason for the first that stays."""
    for resource in ORDER:
        for uuid in parts[resource]:
            if refused := purge(client, resource, uuid):
                return f"{resource} {uuid}: {refused}"
    return ""


def parts_of(visits: Iterable[Visit]) -> Parts:
    """Return the uuids of all that visits consist of, as they are sent."""
    visits = list(visits)
    encounters = [part for visit in visits for one in visit.encounters for part in by_kind(one)]
    parts: Parts = {resource: {} for resource in ORDER}
    parts["visit"] = {visit.uuid: None for visit in visits}
    parts["encounter"] = {encounter.uuid: None for encounter in encounters}
    for encounter in encounters:
        _add_entries(encounter, parts)
    return parts


def _add_entries(encounter: Encounter, parts: Parts) -> None:
    for entry in encounter.entries:
        if isinstance(entry, Finding | Result):
            parts["obs"].update(dict.fromkeys(_with_members(entry)))
        elif isinstance(entry, Immunization):
            parts["obs"].update(dict.fromkeys(observations_of(entry)))
        elif isinstance(entry, Measurement | Note | Attachment):
            parts["obs"][entry.uuid] = None
        elif isinstance(entry, DrugOrder | TestOrder):
            parts["order"][entry.uuid] = None
        elif isinstance(entry, Diagnosis):
            parts["patientdiagnoses"][entry.uuid] = None


def _with_members(entry: Finding | Result) -> list[str]:
    return [*(uuid for member in entry.members for uuid in _with_members(member)), entry.uuid]
