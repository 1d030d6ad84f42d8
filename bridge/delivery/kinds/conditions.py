"""Conditions: the patient's list of problems. O3 reads them through FHIR."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import Condition, LeftOut, Patient
from bridge.delivery.kinds.kind import (
    NO_WORDS,
    NOT_TAKEN,
    EntryKind,
    Sent,
    coded,
    created,
    cut_words,
    expect,
    midnight,
    own_code,
    request_of,
    server_date,
)
from bridge.delivery.requests import Body, Context, Expected, Found, Ref, Request
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "conditions"
RESOURCE = "condition"

_NON_CODED = "http://fhir.openmrs.org/ext/non-coded-condition"
_VERIFICATION: dict[bool | None, str] = {True: "CONFIRMED", False: "PROVISIONAL"}


def render(condition: Condition, patient: Patient, context: Context) -> Request | LeftOut:
    """Render a condition; what has no concept goes as free text."""
    if not context.capabilities.conditions:
        return LeftOut(condition.source, NOT_TAKEN, "conditions")
    concept, text = coded(condition.what, "condition", context)
    if concept is None and not text:
        return LeftOut(condition.source, NO_WORDS)
    verification = _VERIFICATION.get(condition.is_confirmed, "")
    body: Body = {
        "uuid": condition.uuid,
        "patient": patient.uuid,
        "condition": {"coded": concept.uuid} if concept else {"nonCoded": text},
        "clinicalStatus": "ACTIVE" if condition.is_active else "INACTIVE",
    }
    if verification:
        body["verificationStatus"] = verification
    if condition.onset:
        body["onsetDate"] = midnight(condition.onset)
    if condition.end:
        body["endDate"] = midnight(condition.end)
    expected = expect(
        NAME,
        condition.uuid,
        condition.what.label,
        concept=concept.uuid if concept else None,
        text=text,
        status="active" if condition.is_active else "inactive",
        verification=verification.lower(),
        onset=condition.onset,
        end=condition.end,
    )
    cut = cut_words(condition.source, (condition.what, concept))
    return request_of(condition, patient, body, expected, cut)


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST a condition under our uuid."""
    return created(client, RESOURCE, request, ask_first=ask_first)


@as_openmrs_has_it("conditions")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's conditions; FHIR gives the encounters' diagnoses beside them."""
    return iter(
        [
            _found(resource)
            for resource in client.fhir_search(f"Condition?patient={patient}&_count=100")
            if _category(resource) != "encounter-diagnosis"
        ]
    )


def _found(resource: dict[str, Any]) -> Found:
    texts = [e["valueString"] for e in resource.get("extension") or () if e["url"] == _NON_CODED]
    fields = {
        "concept": own_code(resource.get("code")),
        "text": texts[0] if texts else None,
        "status": _first_code(resource.get("clinicalStatus")),
        "verification": _first_code(resource.get("verificationStatus")),
        "onset": server_date(resource.get("onsetDateTime")),
        "end": server_date(resource.get("abatementDateTime")),
    }
    return Found(resource["id"], str(fields["text"] or fields["concept"]), fields)


def _category(resource: dict[str, Any]) -> str:
    return _first_code(next(iter(resource.get("category") or ()), None))


def _first_code(concept: Any) -> str:
    codings = (concept or {}).get("coding") or ()
    return str(codings[0]["code"]) if codings else ""


@as_openmrs_has_it("conditions")
def left_behind(client: Client, patient: str) -> Iterator[Ref]:
    """List a patient's conditions: a void of the patient does not take them along."""
    return iter([Ref(RESOURCE, one.uuid) for one in read(client, patient, {})])


KIND = EntryKind(
    name=NAME,
    entries=(Condition,),
    render=render,
    send=send,
    read=read,
    left_behind=left_behind,
    resource=RESOURCE,
)
