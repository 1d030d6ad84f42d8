"""What the server holds under a patient's uuid, and whose it is by its mark."""

from typing import NamedTuple

from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it


class Ownership(NamedTuple):
    """A patient on the server; `run` is the bridge run that made it, if one did."""

    voided: bool
    run: str | None


@as_openmrs_has_it("a patient")
def standing(client: Client, uuid: str, run_tag: str) -> Ownership | None:
    """Look a patient up; `run_tag` is the attribute type that holds the run's name."""
    fields = "voided,person:(attributes:(value,attributeType:(uuid)))"
    found = client.fetch("patient", uuid, fields)
    if found is None:
        return None
    attributes = (found.get("person") or {}).get("attributes") or ()
    runs = [a.get("value") for a in attributes if a["attributeType"]["uuid"] == run_tag]
    return Ownership(bool(found.get("voided")), runs[0] if runs else None)
