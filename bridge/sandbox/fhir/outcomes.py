"""How the FHIR server says no: OperationOutcomes with HAPI's statuses and texts."""

from html import escape
from typing import Any

from bridge.sandbox.refusals import Invalid


class Outcome(Exception):
    """A FHIR answer that is an error."""

    def __init__(self, status: int, diagnostics: str, code: str = "processing") -> None:
        super().__init__(diagnostics)
        self.status = status
        self.diagnostics = diagnostics
        self.code = code

    def body(self) -> dict[str, Any]:
        """Write the error as an OperationOutcome."""
        text = escape(self.diagnostics, quote=False)
        issue = {"severity": "error", "code": self.code, "diagnostics": self.diagnostics}
        return {
            "resourceType": "OperationOutcome",
            "text": {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml"><h1>Operation Outcome</h1>'
                f"<pre>{text}</pre></div>",
            },
            "issue": [issue],
        }


def unknown(resource: str, uuid: str) -> Outcome:
    """Say that there is no such resource."""
    return Outcome(404, f"Resource of type {resource} with ID {uuid} is not known")


def gone(resource: str, uuid: str) -> Outcome:
    """Say that the resource is voided."""
    return Outcome(410, f"Resource of type {resource} with ID {uuid} is gone/deleted")


def deleted() -> dict[str, Any]:
    """Say that a resource was deleted, as HAPI does."""
    said = "This resource has been deleted"
    coding = {
        "system": "http://terminology.hl7.org/CodeSystem/operation-outcome",
        "code": "MSG_DELETED",
        "display": said,
    }
    details = {"coding": [coding], "text": said}
    issue = {"severity": "information", "code": "informational", "details": details}
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><h1>Operation Outcome</h1></div>'
    return {
        "resourceType": "OperationOutcome",
        "text": {"status": "generated", "div": div},
        "issue": [issue],
    }


def unprocessable(what: str, fault: Invalid) -> Outcome:
    """Say which rules a resource breaks."""
    reasons = ", ".join(
        f"{one.field}: {one.message}" if one.field else one.message for one in fault.faults
    )
    return Outcome(422, f"'{what}' failed to validate with reason: {reasons}")


def null_pointer(expression: str, name: str) -> Outcome:
    """Say what the real server says where it trips over something missing."""
    return Outcome(
        500,
        "HAPI-0389: Failed to call access method: java.lang.NullPointerException: Cannot invoke"
        f' "{expression}" because "{name}" is null',
    )
