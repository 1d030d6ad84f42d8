"""What a chart hangs on beside its vital signs: asked of the server once, before a load."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.delivery.preflight import Limits
from bridge.delivery.target import ALLERGY_CONCEPTS, Target
from bridge.mapping.model import Profile, Thing
from bridge.mapping.terms import Terms
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it, checked_text

OTHER_DRUG = "drugOrder.drugOther"
OTHER_ALLERGEN = "allergy.concept.otherNonCoded"
WANTS_QUANTITY = "drugOrder.requireOutpatientQuantity"

_UUID = re.compile(r"[0-9A-Za-z-]{36,38}")


def with_chart(
    client: Client, target: Target, profile: Profile, terms: Terms, limits: Limits
) -> Target:
    """Return `target` with what the server has of encounter types, visit types and the like."""
    encounter_types = _in_use(client, "encountertype")
    visit_types = _in_use(client, "visittype")
    attributes = _in_use(client, "personattributetype")
    identifiers = _in_use(client, "patientidentifiertype")
    return replace(
        target,
        limits=limits,
        encounter_types=_those(profile.encounter_types, encounter_types),
        visit_types=_those(profile.visit_types, visit_types),
        locations={name: uuid for uuid, name in _in_use(client, "location").items()},
        identifier_types={
            **{uuid: uuid for uuid in identifiers},
            **{name: uuid for uuid, name in identifiers.items()},
        },
        phone=profile.phone.uuid if profile.phone and profile.phone.uuid in attributes else None,
        other_drug=_setting(client, OTHER_DRUG),
        required_quantity_unit=_quantity_unit(client, terms),
        allergy_concepts=_allergy_concepts(client),
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


@as_openmrs_has_it("the concepts of allergies")
def _allergy_concepts(client: Client) -> dict[str, str]:
    """Return what the server has of the concepts that an allergy is said by."""
    other = _setting(client, OTHER_ALLERGEN)
    named = {**ALLERGY_CONCEPTS, "other": other if other and _UUID.fullmatch(other) else ""}
    asked = ",".join(filter(None, named.values()))
    there = {one["uuid"] for one in client.every("concept", "uuid", references=asked)}
    return {meaning: uuid for meaning, uuid in named.items() if uuid in there}


def _quantity_unit(client: Client, terms: Terms) -> str | None:
    """Return the unit of a quantity that nobody has stated, where the server insists on one."""
    if not terms.quantity_units or _setting(client, WANTS_QUANTITY) == "false":
        return None
    usual = (terms.quantity_unit(words) for words in ("Each", "Unit"))
    return next(filter(None, usual), next(iter(terms.quantity_units.values())))
