"""What the server holds under a patient's uuid, and whose it is by its mark."""

from typing import NamedTuple

from bridge.openmrs.client import Client


class Ownership(NamedTuple):
    """A patient on the server; `run` is the bridge run that made it, if one did."""

    voided: bool
    run: str | None


def ownership_of(client: Client, uuid: str, run_tag: str) -> Ownership | None:
    """Look a patient up; `run_tag` is the attribute type that holds the run's name."""
    found = client.patient(uuid)
    return Ownership(found.voided, found.attribute(run_tag)) if found else None
