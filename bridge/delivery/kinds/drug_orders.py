"""Drug orders ride in their encounter; when one was stopped is its date of expiry.

That is one request less than an order to discontinue it. They are read over REST: FHIR's
`authoredOn` is the time of posting.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.chart import DrugOrder, LeftOut
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Place,
    coded,
    cut_words,
    expect,
    server_time,
    uuid_of,
)
from bridge.delivery.prescriptions import amount_of, dosing_of, unsent_parts
from bridge.delivery.rendering import provider_of, rest_time
from bridge.delivery.requests import Body, Context, Expected, Field, Found, Fragment
from bridge.mapping.resolve import NO_CONCEPT
from bridge.mapping.room import bounded
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "drug orders"

OUTPATIENT = "6f0c9a92-6f24-11e3-af88-005056821db0"
"""The care setting of whoever comes and goes: O3 shows the orders of no other."""

DRUG_ORDER = "131168f4-15f5-102d-96e4-000c29c2a5d7"
"""The order type; both are in every OpenMRS from the start."""

_FIELDS = (
    "uuid,voided,action,display,dateActivated,autoExpireDate,concept:(uuid),drug:(uuid),drugNonCoded,"
    "dose,doseUnits:(uuid),route:(uuid),frequency:(uuid),duration,durationUnits:(uuid),quantity,"
    "quantityUnits:(uuid),numRefills,asNeeded,dosingInstructions,orderReason:(uuid),"
    "orderReasonNonCoded,encounter:(uuid)"
)


def render(entry: DrugOrder, place: Place, context: Context) -> Fragment:
    """Render a drug order; how it is taken goes as free text where a part has no concept."""
    if not context.capabilities.orders:
        return _left_out(entry, NOT_TAKEN, "orders")
    what = _what(entry, context)
    if what is None:
        return _left_out(entry, NO_CONCEPT, entry.drug.label)
    if entry.start < place.time:
        return _left_out(entry, "ordered before its encounter", entry.drug.label)
    amount, changes = amount_of(entry, context)
    dosing, unsaid = dosing_of(entry, context, name=str(what["drugNonCoded"] or ""))
    fields = {**what, **dosing, **amount, **_reason(entry, context)}
    return Fragment(
        kind=NAME,
        part="orders",
        bodies=(_body(entry, place, context, fields),),
        expected=(_expected(entry, place, fields),),
        changes=changes,
        left_out=(*unsent_parts(entry, context), *unsaid, *_cut(entry, fields)),
        source=entry.source,
    )


def _left_out(entry: DrugOrder, reason: str, detail: str) -> Fragment:
    left = LeftOut(entry.source, reason, detail)
    return Fragment(kind=NAME, left_out=(left,), source=entry.source)


def _reason(entry: DrugOrder, context: Context) -> dict[str, Field]:
    """Say what the drug is for: by a concept, in words, or not at all."""
    concept, words = coded(entry.reason, "reason", context) if entry.reason else (None, None)
    return {
        "orderReason": concept.uuid if concept else None,
        "orderReasonNonCoded": words or None,
    }


def _cut(entry: DrugOrder, fields: Mapping[str, Field]) -> Iterator[LeftOut]:
    """Yield what does not fit of what goes in words."""
    if entry.reason and fields["orderReasonNonCoded"]:
        yield from cut_words(entry.source, (entry.reason, None))
    if fields["drugNonCoded"]:
        yield from cut_words(entry.source, (entry.drug, None))


def _body(entry: DrugOrder, place: Place, context: Context, fields: Mapping[str, Field]) -> Body:
    body: Body = {
        "uuid": entry.uuid,
        "type": "drugorder",
        "action": "NEW",
        "patient": place.patient.uuid,
        "careSetting": OUTPATIENT,
        "orderer": provider_of(place.encounter, context.target),
        "urgency": "ROUTINE",
        "dateActivated": rest_time(entry.start),
        "asNeeded": entry.as_needed,
        "numRefills": entry.refills,
        **{name: value for name, value in fields.items() if value is not None},
    }
    return {**body, "autoExpireDate": rest_time(entry.stopped)} if entry.stopped else body


def _expected(entry: DrugOrder, place: Place, fields: Mapping[str, Field]) -> Expected:
    return expect(
        NAME,
        entry.uuid,
        entry.drug.label,
        **{name: value for name, value in fields.items() if name != "dosingType"},
        start=entry.start,
        numRefills=entry.refills,
        asNeeded=entry.as_needed,
        encounter=place.encounter,
        **({"ends": entry.stopped} if entry.stopped else {}),
    )


def _what(entry: DrugOrder, context: Context) -> dict[str, Field] | None:
    """Name the drug: from the formulary, by its concept, or in words."""
    if drug := context.terms.drug(entry.drug):
        return {"drug": drug.uuid, "concept": drug.concept, "drugNonCoded": None}
    if concept := context.terms.concept(entry.drug, "drug"):
        return {"drug": None, "concept": concept.uuid, "drugNonCoded": None}
    if context.target.other_drug and entry.drug.label:
        words = bounded(entry.drug.label, "").text
        return {"drug": None, "concept": context.target.other_drug, "drugNonCoded": words}
    return None


def overlapping(orders: Iterable[DrugOrder], context: Context) -> Iterator[DrugOrder]:
    """Yield the orders that begin while an earlier one of the same drug is still active.

    OpenMRS refuses them, as [dateActivated, autoExpireDate] may not overlap for one drug.
    """
    until: dict[tuple[Field, ...], datetime] = {}
    for order in sorted(orders, key=lambda order: order.start):
        what = _what(order, context)
        if what is None:
            continue
        same = tuple(what.values())
        if order.start <= until.get(same, NEVER):
            yield order
        else:
            until[same] = order.end or FOR_EVER


NEVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@as_openmrs_has_it("drug orders")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's drug orders, past ones too."""
    query = {"patient": patient, "careSetting": OUTPATIENT, "status": "any"}
    orders = client.every("order", _FIELDS, **query, orderType=DRUG_ORDER)
    return iter(
        [
            _found(order)
            for order in orders
            if not order.get("voided") and order.get("action") == "NEW"
        ]
    )


_REFERENCES = ("concept", "drug", "doseUnits", "route", "frequency", "durationUnits")


def _found(order: dict[str, Any]) -> Found:
    plain = ("drugNonCoded", "dose", "duration", "quantity", "numRefills", "asNeeded")
    texts = ("dosingInstructions", "orderReasonNonCoded")
    references = (*_REFERENCES, "quantityUnits", "orderReason", "encounter")
    fields: dict[str, Field] = {
        **{name: order.get(name) for name in plain},
        **{name: order.get(name) or None for name in texts},
        **{name: uuid_of(order.get(name)) for name in references},
        "start": server_time(order["dateActivated"]),
        "ends": server_time(order.get("autoExpireDate")),
    }
    return Found(order["uuid"], str(order.get("display")), fields)


KIND = EntryKind(name=NAME, entries=(DrugOrder,), render_within=render, read=read)
