"""Rules of orders: when they hold, how a drug is taken, and one drug not twice at a time."""

from bridge.sandbox.catalogue.orders import DRUG_ORDER, FREE_DOSING, SIMPLE_DOSING
from bridge.sandbox.durations import duration_code
from bridge.sandbox.refusals import Broken, Findings
from bridge.sandbox.store import Record, Store

DAY = 86400
SERVICE = "org.openmrs.api.impl.OrderServiceImpl"
ALLOWED = {
    "doseUnits": ("order.drugDosingUnitsConceptUuid", "notAmongAllowedConcepts"),
    "quantityUnits": ("order.drugDispensingUnitsConceptUuid", "notAmongAllowedConcepts"),
    "durationUnits": ("order.durationUnitsConceptUuid", "notAmongAllowedConcepts"),
    "route": ("order.drugRoutesConceptUuid", "routeNotAmongAllowedConcepts"),
}
"""Where the setting is that names the set of concepts allowed, and what is said of another."""

SIMPLE_PARTS = ("dose", "doseUnits", "route", "frequency")
QUANTITY_SETTING = "drugOrder.requireOutpatientQuantity"


DISPENSING = "order.drugDispensingUnitsConceptUuid"
DOSING = "order.drugDosingUnitsConceptUuid"


def allowed_concepts(store: Store, setting: str) -> list[Record]:
    """List the members of the set that a setting names; what is a dose can be dispensed too."""
    members = _members(store, setting)
    if setting != DISPENSING:
        return members
    known = {one.id for one in members}
    return members + [one for one in _members(store, DOSING) if one.id not in known]


def _members(store: Store, setting: str) -> list[Record]:
    found = store.many("systemsetting", "property = ?", (setting,))
    concept = store.find("concept", str(found[0]["value"])) if found else None
    return store.refs(concept, "setMembers") if concept else []


def check_order(store: Store, order: Record, findings: Findings) -> None:
    """Check what every order has, and what a drug's has besides."""
    for name in ("patient", "encounter", "orderer", "urgency", "action"):
        if order[name] is None:
            findings.add(name, "error.null")
    _check_times(store, order, findings)
    if order["type"] == DRUG_ORDER:
        _check_drug(store, order, findings)


def _check_times(store: Store, order: Record, findings: Findings) -> None:
    activated, expires = order["dateActivated"], order["autoExpireDate"]
    if activated > store.now:
        findings.add("dateActivated", "Order.error.dateActivatedInFuture")
        return
    if expires is not None and activated > expires:
        for name in ("dateActivated", "autoExpireDate"):
            findings.add(name, "Order.error.dateActivatedAfterAutoExpireDate")
    encounter = store.ref(order, "encounter")
    if encounter and encounter["encounterDatetime"] > activated:
        for _ in range(3):  # OpenMRS runs the rules of an order so often
            findings.add("dateActivated", "Order.error.encounterDatetimeAfterDateActivated")
    patient = store.ref(order, "patient")
    owner = store.ref(encounter, "patient") if encounter else None
    if patient and owner and patient.id != owner.id:
        findings.add("encounter", "Order.error.encounterPatientMismatch")


def _check_drug(store: Store, order: Record, findings: Findings) -> None:
    if order["action"] != "DISCONTINUE":
        _check_dosing(store, order, findings)
    if order["dose"] is not None:
        if order["doseUnits"] is None:
            findings.add("doseUnits", "DrugOrder.error.doseUnitsRequiredWithDose")
        if order["dose"] <= 0:
            findings.add("dose", "DrugOrder.error.doseZeroOrLess")
    for name in ("quantity", "duration"):
        if order[name] is not None and order[f"{name}Units"] is None:
            code = f"DrugOrder.error.{name}UnitsRequiredWith{name.capitalize()}"
            findings.add(f"{name}Units", code)
    unit = store.ref(order, "durationUnits")
    if unit and not duration_code(store, unit):
        code = "DrugOrder.error.durationUnitsNotMappedToSnomedCtDurationCode"
        findings.add("durationUnits", code)
    for name, (setting, code) in ALLOWED.items():
        chosen = store.ref(order, name)
        if chosen and chosen.id not in {one.id for one in allowed_concepts(store, setting)}:
            findings.add(name, f"DrugOrder.error.{code}")


def _check_dosing(store: Store, order: Record, findings: Findings) -> None:
    if order["dosingType"] is None:
        findings.add("dosingType", "error.null")
    if order["dosingType"] == SIMPLE_DOSING:
        for name in SIMPLE_PARTS:
            if order[name] is None:
                findings.add(name, f"DrugOrder.error.{name}IsNullForDosingTypeSimple")
    if order["dosingType"] == FREE_DOSING and not order["dosingInstructions"]:
        code = "DrugOrder.error.dosingInstructionsIsNullForDosingTypeFreeText"
        findings.add("dosingInstructions", code)
    setting = store.ref(order, "careSetting")
    if setting and setting["careSettingType"] == "OUTPATIENT" and _asks_quantity(store):
        for name in ("quantity", "numRefills"):
            if order[name] is None:
                findings.add(name, f"DrugOrder.error.{name}IsNullForOutPatient")


def _asks_quantity(store: Store) -> bool:
    where = "property = ? AND value = 'false'"
    return not store.count("systemsetting", where, (QUANTITY_SETTING,))


def refuse_twice(store: Store, order: Record) -> None:
    """Refuse a drug that the patient takes at the same time already.

    An order of an earlier day is compared with those active then, any other with those of now.
    """
    if order["type"] != DRUG_ORDER or order["action"] == "DISCONTINUE":
        return
    start = order["dateActivated"]
    moment = start if start <= store.now and start // DAY != store.now // DAY else store.now
    concept, drug = store.ref(order, "concept"), store.ref(order, "drug")
    before = store.ref(order, "previousOrder")
    where = (
        'patient = ? AND "careSetting" IS ? AND type = ? AND ended = 0 AND concept IS ?'
        " AND drug IS ? AND coalesce(\"drugNonCoded\", '') = ? COLLATE NOCASE"
        " AND action <> 'DISCONTINUE' AND id IS NOT ?"
        ' AND "dateActivated" <= ? AND coalesce("dateStopped", ?) >= ?'
        ' AND coalesce("autoExpireDate", ?) >= ?'
        # the two schedules, their ends included
        ' AND coalesce("dateStopped", "autoExpireDate", ?) >= ? AND "dateActivated" <= ?'
    )
    patient, care = store.ref(order, "patient"), store.ref(order, "careSetting")
    last = order["autoExpireDate"] if order["autoExpireDate"] is not None else 2**62
    params = (
        *(patient and patient.id, care and care.id, DRUG_ORDER, concept and concept.id),
        *(drug and drug.id, order["drugNonCoded"] or "", before and before.id),
        *(moment, moment, moment, moment, moment, 2**62, start, last),
    )
    if store.count("order", where, params):
        raise Broken(
            "Order.cannot.have.more.than.one",
            java="org.openmrs.api.AmbiguousOrderException",
            code=f"{SERVICE}:213",
            translated="Cannot have more than one active order for the same orderable and care"
            " setting at same time",
        )


def refuse_inactive(store: Store, before: Record, order: Record) -> None:
    """Refuse to stop an order that holds no longer."""
    today = order["dateActivated"] // DAY == store.now // DAY
    ends = [at for at in (before["dateStopped"], before["autoExpireDate"]) if at is not None]
    if before["dateStopped"] is not None or (today and any(at < store.now for at in ends)):
        raise Broken(
            "Order.cannot.discontinue.inactive",
            java="org.openmrs.api.CannotStopInactiveOrderException",
            code=f"{SERVICE}:600",
            translated="Cannot discontinue an order that is already stopped, expired or voided",
        )
