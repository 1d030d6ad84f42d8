"""The embedded OpenMRS-compatible server: what `bridge load` uses when no server is named.

It follows core 2.8.7, webservices.rest 3.5, fhir2 4.2 and idgen 5.0.4 as the tape of a live server
shows them, and knows nothing of bridge's own client.

What it does not do: orders, diagnoses, conditions, allergies, programs, relationships and
appointments (refused, never dropped in silence); reference ranges beside the concepts' own limits;
updating, deleting and creating encounters through FHIR; visit, provider and location attributes;
users and privileges other than the one admin's; locking out after wrong passwords.
"""

from bridge.sandbox.server import Sandbox
from bridge.sandbox.sessions import PASSWORD, USER

__all__ = ["PASSWORD", "USER", "Sandbox"]
