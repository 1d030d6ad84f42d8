"""The embedded OpenMRS-compatible server: what `bridge load` uses when no server is named.

It follows core 2.8.7, webservices.rest 3.5, fhir2 4.2 and idgen 5.0.4 as the tape of a live server
shows them, and knows nothing of bridge's own client.

Besides visits and observations it speaks what the Reference Application's chart is made of:
conditions, diagnoses, allergies, orders of drugs and tests, immunizations, programs, appointments,
attachments, relationships and death.

What it does not do: reference ranges beside the concepts' own limits; codes of other systems beside
a concept's uuid in FHIR; updating through FHIR, and creating encounters and orders there; visit,
provider and location attributes; order groups and revised orders' checks; users and privileges
other than the one admin's; locking out after wrong passwords.
"""

from bridge.sandbox.server import Sandbox
from bridge.sandbox.sessions import PASSWORD, USER

__all__ = ["PASSWORD", "USER", "Sandbox"]
