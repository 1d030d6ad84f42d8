"""Drugs, what orders are made of, and the orders themselves: for drugs and for tests."""

from typing import Any

from bridge.sandbox.catalogue.metadata import name_of
from bridge.sandbox.resource_types import (
    ResourceType,
    Variant,
    flag,
    integer,
    moment,
    real,
    ref,
    text,
    texts,
)
from bridge.sandbox.store import Record, Store

SIMPLE_DOSING = "org.openmrs.SimpleDosingInstructions"
FREE_DOSING = "org.openmrs.FreeTextDosingInstructions"
DRUG_ORDER, TEST_ORDER = "drugorder", "testorder"


def orderable(store: Store, order: Record) -> str:
    """Name what is ordered: the drug, the words for it, or the concept."""
    drug = store.ref(order, "drug")
    if drug:
        return str(drug["name"])
    concept = store.ref(order, "concept")
    return order["drugNonCoded"] or (store.display(concept) if concept else "")


def order_display(store: Store, order: Record) -> str:
    """Show an order as `(NEW) Amlodipine 5mg: 5.0 Milligram Oral Once daily 30 Days`."""
    if order["type"] != DRUG_ORDER:
        concept = store.ref(order, "concept")
        return store.display(concept) if concept else ""
    drug, concept = store.ref(order, "drug"), store.ref(order, "concept")
    shown = drug["name"] if drug else store.display(concept) if concept else ""
    dosing = "" if order["action"] == "DISCONTINUE" else dosing_text(store, order)
    return f"({order['action']}) {shown}{f': {dosing}' if dosing else ''}"


def dosing_text(store: Store, order: Record) -> str:
    """Write how a drug is taken, as OpenMRS does."""
    if order["dosingType"] != SIMPLE_DOSING:
        return str(order["dosingInstructions"] or "")
    parts = [
        order["dose"] and str(float(order["dose"])),
        *(_shown(store, order, name) for name in ("doseUnits", "route", "frequency")),
    ]
    if order["duration"]:
        parts += [str(order["duration"]), _shown(store, order, "durationUnits")]
    if order["asNeeded"]:
        parts += ["PRN", order["asNeededCondition"]]
    return " ".join(part for part in (*parts, order["dosingInstructions"]) if part)


def _shown(store: Store, order: Record, name: str) -> str:
    found = store.ref(order, name)
    return store.display(found) if found else ""


def frequency_display(store: Store, frequency: Record) -> str:
    """Show a frequency by its concept."""
    concept = store.ref(frequency, "concept")
    return store.display(concept) if concept else str(frequency["name"] or "")


def none(store: Store, record: Record) -> Any:
    """Show nothing: what the sandbox does not keep."""
    return None


def nothing(store: Store, record: Record) -> list[Any]:
    """Show an empty list: what the sandbox does not keep."""
    return []


ORDER = (
    "uuid,orderNumber,accessionNumber,patient:ref,concept:ref,action,careSetting:{rep},"
    "previousOrder:ref,dateActivated,scheduledDate,dateStopped,autoExpireDate,encounter:ref,"
    "orderer:ref,orderReason:ref,orderReasonNonCoded,orderType:default,urgency,instructions,"
    "commentToFulfiller,display,{more}"
)
DRUG_PARTS = (
    "drug:ref,dosingType,dose,doseUnits:{rep},frequency:ref,asNeeded,asNeededCondition,quantity,"
    "quantityUnits:{rep},numRefills,dosingInstructions,duration,durationUnits:{rep},route:ref,"
    "brandName,dispenseAsWritten,drugNonCoded"
)
TEST_PARTS = "specimenSource:ref,laterality,clinicalHistory,frequency:{rep},numberOfRepeats"
FULFILLED = ",fulfillerStatus,fulfillerComment,auditInfo"


def _variant(java: str, parts: str) -> Variant:
    return Variant(
        java=java,
        default=ORDER.format(rep="ref", more=parts.format(rep="ref")),
        full=ORDER.format(rep="default", more=parts.format(rep="default")) + FULFILLED,
    )


DRUG = (
    "display,uuid,name,description,retired,dosageForm:ref,maximumDailyDose,minimumDailyDose,"
    "concept:ref,combination,strength,drugReferenceMaps,ingredients"
)
ORDER_TYPE = "uuid,display,name,javaClassName,retired,description,conceptClasses,parent"
CARE_SETTING = "uuid,name,description,retired,careSettingType,display"
FREQUENCY = "uuid,display,name,frequencyPerDay,retired,concept:{rep}"

RESOURCE_TYPES = (
    ResourceType(
        name="drug",
        java="org.openmrs.Drug",
        version="1.12",
        privilege="Concepts",
        properties=(
            text("name"),
            text("description", 1024),
            ref("concept"),
            ref("dosageForm", "concept"),
            real("maximumDailyDose"),
            real("minimumDailyDose"),
            flag("combination"),
            text("strength"),
        ),
        creatable="combination! concept! name! description maximumDailyDose minimumDailyDose"
        " dosageForm strength",
        default=DRUG,
        full=f"{DRUG},auditInfo",
        ending="retired",
        indexes=("concept",),
        getters={"display": name_of, "drugReferenceMaps": nothing, "ingredients": nothing},
    ),
    ResourceType(
        name="ordertype",
        java="org.openmrs.OrderType",
        version="1.10",
        privilege="Order Types",
        properties=(text("name"), text("description", 1024), text("javaClassName")),
        creatable="name! description! javaClassName!",
        default=ORDER_TYPE,
        full=f"{ORDER_TYPE},auditInfo",
        ending="retired",
        getters={"display": name_of, "conceptClasses": nothing, "parent": none},
    ),
    ResourceType(
        name="caresetting",
        java="org.openmrs.CareSetting",
        version="1.10",
        privilege="Care Settings",
        properties=(text("name"), text("description", 1024), text("careSettingType")),
        creatable="name! description! careSettingType!",
        default=CARE_SETTING,
        full=f"{CARE_SETTING},auditInfo",
        ending="retired",
        purgeable=False,
        getters={"display": name_of},
    ),
    ResourceType(
        name="orderfrequency",
        java="org.openmrs.OrderFrequency",
        version="1.10",
        privilege="Order Frequencies",
        properties=(
            text("name"),
            text("description", 1024),
            real("frequencyPerDay"),
            ref("concept", must_exist=True),
        ),
        creatable="frequencyPerDay! concept!",
        default=FREQUENCY.format(rep="ref"),
        full=FREQUENCY.format(rep="full") + ",auditInfo",
        ending="retired",
        purgeable=False,
        getters={"display": frequency_display, "name": frequency_display},
    ),
    ResourceType(
        name="order",
        java="org.openmrs.Order",
        version="1.10",
        privilege="Orders",
        properties=(
            text("type"),
            *texts("orderNumber accessionNumber action urgency"),
            ref("patient"),
            ref("concept"),
            ref("careSetting", "caresetting"),
            ref("previousOrder", "order"),
            *(moment(f"date{when}") for when in ("Activated", "Stopped")),
            moment("scheduledDate"),
            moment("autoExpireDate"),
            ref("encounter"),
            ref("orderer", "provider"),
            ref("orderReason", "concept"),
            ref("orderType", "ordertype"),
            text("orderReasonNonCoded"),
            text("instructions", 1024),
            text("commentToFulfiller", 1024),
            text("fulfillerStatus"),
            text("fulfillerComment", 1024),
            ref("drug"),
            text("drugNonCoded"),
            text("dosingType"),
            real("dose"),
            ref("doseUnits", "concept"),
            ref("frequency", "orderfrequency"),
            flag("asNeeded"),
            text("asNeededCondition"),
            real("quantity"),
            ref("quantityUnits", "concept"),
            integer("numRefills"),
            text("dosingInstructions", 65535),
            integer("duration"),
            ref("durationUnits", "concept"),
            ref("route", "concept"),
            text("brandName"),
            flag("dispenseAsWritten"),
            ref("specimenSource", "concept"),
            text("laterality"),
            text("clinicalHistory", 65535),
            integer("numberOfRepeats"),
        ),
        creatable="encounter! action orderNumber accessionNumber dateActivated scheduledDate"
        " patient concept careSetting dateStopped autoExpireDate orderer previousOrder urgency"
        " orderType orderReason orderReasonNonCoded instructions commentToFulfiller drug"
        " drugNonCoded dosingType dose doseUnits frequency asNeeded asNeededCondition quantity"
        " quantityUnits numRefills dosingInstructions duration durationUnits route brandName"
        " dispenseAsWritten specimenSource laterality clinicalHistory numberOfRepeats",
        default=ORDER.format(rep="ref", more="uuid"),
        full=ORDER.format(rep="default", more="uuid") + FULFILLED,
        ending="voided",
        variants={
            DRUG_ORDER: _variant("org.openmrs.DrugOrder", DRUG_PARTS),
            TEST_ORDER: _variant("org.openmrs.TestOrder", TEST_PARTS),
        },
        indexes=("patient", "encounter", '"previousOrder"'),
        getters={"display": order_display},
    ),
)
