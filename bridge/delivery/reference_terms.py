"""Finds concept sources and reference terms, which servers have under uuids of their own.

A source is its name, and a term its source and code: OpenMRS refuses a second one of either.
"""

from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it


@as_openmrs_has_it("concept sources")
def read_sources(client: Client) -> dict[str, str]:
    """Read the uuids of the concept sources in use, by name in small letters."""
    found: dict[str, str] = {}
    for source in client.every("conceptsource", "uuid,name,retired"):
        if not source["retired"]:
            found.setdefault(str(source["name"]).lower(), source["uuid"])
    return found


@as_openmrs_has_it("reference terms")
def find_term(client: Client, source: str, code: str) -> str | None:
    """Return the uuid of the term that is `code` in the source of that uuid, retired or not."""
    fields = "uuid,code,conceptSource:(uuid)"
    # It also finds a term of that name.
    found = client.every(
        "conceptreferenceterm", fields, source=source, codeOrName=code, includeAll="true"
    )
    for term in found:
        if term["code"] == code and term["conceptSource"]["uuid"] == source:
            uuid: str = term["uuid"]
            return uuid
    return None
