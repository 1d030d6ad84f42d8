"""What a patient has: conditions, diagnoses of encounters, and allergies."""

from functools import partial
from typing import Any

from bridge.sandbox.conversion import convert, unique
from bridge.sandbox.refusals import Conversion
from bridge.sandbox.resource_types import (
    Embedded,
    Property,
    ResourceType,
    children,
    integer,
    moment,
    ref,
    text,
    texts,
)
from bridge.sandbox.store import Record, Store

VERIFICATION = "org.openmrs.ConditionVerificationStatus"
ALLERGEN_TYPES = ("DRUG", "FOOD", "ENVIRONMENT", "OTHER")
OTHER_NON_CODED = "5622".ljust(36, "A")
"""The concept that stands for an allergen that has none."""


def named(record: Record, store: Store) -> dict[str, Any]:
    """Show what something is: its concept, or the words for it."""
    coded = store.ref(record, "coded")
    return {"coded": coded} if coded else {"nonCoded": record["nonCoded"]}


def words_of(store: Store, record: Record) -> str:
    """Say what something is."""
    coded = store.ref(record, "coded")
    return store.display(coded) if coded else str(record["nonCoded"] or "")


def set_named(store: Store, record: Record, value: Any) -> None:
    """Take a concept by its uuid, or words."""
    if not isinstance(value, dict):
        raise Conversion("Can only convert a map to org.openmrs.CodedOrFreeText")
    record["coded"] = _concept(store, value.get("coded"))
    record["nonCoded"] = convert(record.type.by_name["nonCoded"], value.get("nonCoded"))


def _concept(store: Store, value: Any) -> Record | None:
    given = value.get("uuid") if isinstance(value, dict) else value
    return unique(store, store.resource_types["concept"], str(given)) if given else None


def set_word(
    name: str, java: str, words: tuple[str, ...], store: Store, record: Record, value: Any
) -> None:
    """Take one of the words that OpenMRS knows."""
    if value is not None and value not in words:
        raise Conversion(f"No enum constant {java}.{value}")
    record[name] = value


def allergen(store: Store, allergy: Record) -> Embedded:
    """Show what a patient is allergic to."""
    return Embedded(
        allergenType=allergy["allergenType"],
        codedAllergen=store.ref(allergy, "coded"),
        nonCodedAllergen=allergy["nonCoded"],
    )


def allergen_words(store: Store, allergy: Record) -> str:
    """Name an allergen; the words for it go before the concept that only says `other`."""
    coded = store.ref(allergy, "coded")
    if coded is None or coded.uuid == OTHER_NON_CODED:
        return str(allergy["nonCoded"] or "")
    return store.display(coded)


def set_allergen(store: Store, allergy: Record, value: Any) -> None:
    """Take an allergen: its type, and its concept or words."""
    if not isinstance(value, dict):
        raise Conversion("Can only convert a map to org.openmrs.Allergen")
    given = value.get("allergenType")
    if given is not None and given not in ALLERGEN_TYPES:
        raise Conversion(f"No enum constant org.openmrs.AllergenType.{given}")
    allergy["allergenType"] = given
    allergy["coded"] = _concept(store, value.get("codedAllergen"))
    allergy["nonCoded"] = convert(allergy.type.by_name["nonCoded"], value.get("nonCodedAllergen"))


def reactions(store: Store, allergy: Record) -> list[Embedded]:
    """List what an allergy does."""
    return [
        Embedded(reaction=store.ref(one, "reaction"), reactionNonCoded=one["reactionNonCoded"])
        for one in store.children(allergy, "reactions")
    ]


CONDITION = (
    "uuid,display,condition:{rep},patient:ref,clinicalStatus,verificationStatus,"
    "previousVersion:ref,onsetDate,endDate,{more}voided"
)
DIAGNOSIS = (
    "uuid,diagnosis:ref,condition:ref,encounter:ref,certainty,rank,voided,{more}display,"
    "patient:ref,formFieldNamespace,formFieldPath"
)
ALLERGY = "display,uuid,allergen:ref,severity:{rep},comment,reactions:ref,patient:{rep}"

RESOURCE_TYPES = (
    ResourceType(
        name="condition",
        java="org.openmrs.Condition",
        version="1.8",
        privilege="Conditions",
        properties=(
            ref("patient"),
            ref("coded", "concept"),
            text("nonCoded"),
            text("clinicalStatus"),
            text("verificationStatus"),
            text("additionalDetail"),
            ref("previousVersion", "condition"),
            moment("onsetDate"),
            moment("endDate"),
            ref("encounter"),
        ),
        creatable="condition patient clinicalStatus verificationStatus onsetDate endDate"
        " additionalDetail",
        default=CONDITION.format(rep="ref", more=""),
        full=CONDITION.format(rep="default", more="additionalDetail,") + ",auditInfo",
        ending="voided",
        settled=frozenset({"patient"}),
        indexes=("patient",),
        getters={"display": words_of, "condition": lambda store, record: named(record, store)},
        setters={
            "condition": set_named,
            "clinicalStatus": partial(
                set_word,
                "clinicalStatus",
                "org.openmrs.ConditionClinicalStatus",
                ("ACTIVE", "RECURRENCE", "RELAPSE", "INACTIVE", "REMISSION", "RESOLVED"),
            ),
            "verificationStatus": partial(
                set_word, "verificationStatus", VERIFICATION, ("CONFIRMED", "PROVISIONAL")
            ),
        },
    ),
    ResourceType(
        name="diagnosis",
        java="org.openmrs.Diagnosis",
        version="1.8",
        path="patientdiagnoses",
        privilege="Diagnoses",
        properties=(
            ref("patient"),
            ref("encounter"),
            ref("condition"),
            ref("coded", "concept"),
            text("nonCoded"),
            text("certainty"),
            integer("rank"),
            *texts("formFieldNamespace formFieldPath"),
        ),
        creatable="diagnosis! encounter! condition certainty! patient! rank! formFieldNamespace"
        " formFieldPath",
        default=DIAGNOSIS.format(more=""),
        full=DIAGNOSIS.format(more="auditInfo,"),
        ending="voided",
        indexes=("patient", "encounter"),
        getters={"display": words_of, "diagnosis": lambda store, record: named(record, store)},
        setters={
            "diagnosis": set_named,
            "certainty": partial(set_word, "certainty", VERIFICATION, ("CONFIRMED", "PROVISIONAL")),
        },
    ),
    ResourceType(
        name="allergy",
        java="org.openmrs.Allergy",
        version="1.8",
        path="patient/allergy",
        owner="patient",
        privilege="Allergies",
        properties=(
            ref("patient"),
            text("allergenType"),
            ref("coded", "concept"),
            text("nonCoded"),
            ref("severity", "concept"),
            text("comment", 1024),
            children("reactions", "allergyreaction", "allergy"),
        ),
        creatable="allergen! severity comment reactions",
        default=ALLERGY.format(rep="ref"),
        full=ALLERGY.format(rep="default") + ",voided,auditInfo",
        ending="voided",
        purgeable=False,
        indexes=("patient",),
        getters={"display": allergen_words, "allergen": allergen, "reactions": reactions},
        setters={"allergen": set_allergen},
    ),
    ResourceType(
        name="allergyreaction",
        java="org.openmrs.AllergyReaction",
        version="1.8",
        privilege="Allergies",
        properties=(ref("allergy"), ref("reaction", "concept"), text("reactionNonCoded")),
        creatable="reaction reactionNonCoded",
        default="reaction:ref,reactionNonCoded",
        full="reaction:ref,reactionNonCoded",
        ending="voided",
        served=False,
        indexes=("allergy",),
        getters={"display": lambda store, record: record["reactionNonCoded"]},
    ),
    ResourceType(
        name="allergystatus",
        java="org.openmrs.Allergies",
        version="1.8",
        privilege="Allergies",
        properties=(ref("patient"), Property(name="status", type="text")),
        creatable="",
        default="status",
        full="status",
        ending="voided",
        served=False,
        indexes=("patient",),
        getters={"display": lambda store, record: record["status"]},
    ),
)
