"""What a chart hangs on beside its vital signs: asked of the server once, before a load."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bridge.delivery.preflight import Limits
from bridge.delivery.target import ALLERGY_CONCEPTS, Target
from bridge.mapping.model import Profile, Thing
from bridge.mapping.terms import Terms
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it, checked_text

OTHER_DRUG = "drugOrder.drugOther"
ADMINISTERING_ROLE = "fhir2.administeringEncounterRoleUuid"
OTHER_ALLERGEN = "allergy.concept.otherNonCoded"
WANTS_QUANTITY = "drugOrder.requireOutpatientQuantity"

_UUID = re.compile(r"[0-9A-Za-z-]{36,38}")


class Needs(NamedTuple):
    """What the charts of a load are held against."""

    profile: Profile
    terms: Terms
    limits: Limits
    note: str
    """The concept of a visit note."""


def with_chart(client: Client, target: Target, needs: Needs) -> Target:
    """Return `target` with what the server has of encounter types, visit types and the like."""
    profile = needs.profile
    encounter_types = _in_use(client, "encountertype")
    visit_types = _in_use(client, "visittype")
    attributes = _in_use(client, "personattributetype")
    identifiers = _in_use(client, "patientidentifiertype")
    other_drug, other_allergen = (_setting(client, name) for name in (OTHER_DRUG, OTHER_ALLERGEN))
    allergy = {**ALLERGY_CONCEPTS, "other": other_allergen}
    concepts = _concepts(client, (needs.note, other_drug, *allergy.values()))
    return replace(
        target,
        limits=needs.limits,
        encounter_types=_those(profile.encounter_types, encounter_types),
        visit_types=_those(profile.visit_types, visit_types),
        locations={name: uuid for uuid, name in _in_use(client, "location").items()},
        identifier_types={
            **{uuid: uuid for uuid in identifiers},
            **{name: uuid for uuid, name in identifiers.items()},
        },
        phone=profile.phone.uuid if profile.phone and profile.phone.uuid in attributes else None,
        administering_role=_role(client),
        other_drug=other_drug if other_drug in concepts else None,
        required_quantity_unit=_quantity_unit(client, needs.terms),
        allergy_concepts={what: uuid for what, uuid in allergy.items() if uuid in concepts},
        takes_notes=needs.note in concepts,
    )


def _those(wanted: Mapping[Any, Thing], known: dict[str, str]) -> dict[str, str]:
    return {kind: thing.uuid for kind, thing in wanted.items() if thing.uuid in known}


@as_openmrs_has_it("metadata")
def _in_use(client: Client, resource: str) -> dict[str, str]:
    """Return the names of a resource's objects that are not retired, by uuid."""
    return {
        checked_text(one["uuid"]): str(one.get("name"))
        for one in client.every(resource, "uuid,name,retired")
        if not one.get("retired")
    }


@as_openmrs_has_it("a setting")
def _setting(client: Client, name: str) -> str | None:
    value = (client.fetch("systemsetting", name, "value") or {}).get("value")
    return checked_text(value) if value else None


def _role(client: Client) -> str | None:
    """Return the encounter role that the server's setting names, if there is such a one."""
    uuid = _setting(client, ADMINISTERING_ROLE)
    return uuid if uuid and client.is_in_use("encounterrole", uuid) else None


@as_openmrs_has_it("concepts")
def _concepts(client: Client, uuids: Iterable[str | None]) -> set[str]:
    """Return those of some concepts that the server has: it refuses all that names another."""
    asked = ",".join(uuid for uuid in uuids if uuid and _UUID.fullmatch(uuid))
    return {one["uuid"] for one in client.every("concept", "uuid", references=asked)}


def _quantity_unit(client: Client, terms: Terms) -> str | None:
    """Return the unit of a quantity that nobody has stated, where the server insists on one."""
    if not terms.quantity_units or _setting(client, WANTS_QUANTITY) == "false":
        return None
    usual = (terms.quantity_unit(words) for words in ("Each", "Unit"))
    return next(filter(None, usual), next(iter(terms.quantity_units.values())))
