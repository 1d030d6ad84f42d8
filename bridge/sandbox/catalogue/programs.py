"""Programs with their workflows and states, who is enrolled in them, and who is related to whom."""

from typing import Any

from bridge.sandbox.catalogue.metadata import name_of
from bridge.sandbox.catalogue.orders import nothing
from bridge.sandbox.catalogue.people import preferred
from bridge.sandbox.conversion import to_moment
from bridge.sandbox.dates import midnight
from bridge.sandbox.refusals import Conversion
from bridge.sandbox.resource_types import (
    ResourceType,
    children,
    flag,
    integer,
    moment,
    ref,
    text,
    texts,
)
from bridge.sandbox.store import Record, Store


def concept_name(store: Store, record: Record) -> str:
    """Show a workflow or a state by its concept."""
    concept = store.ref(record, "concept")
    return store.display(concept) if concept else ""


def program_of(store: Store, enrollment: Record) -> str:
    """Show an enrolment by its program."""
    program = store.ref(enrollment, "program")
    return str(program["name"]) if program else ""


def state_name(store: Store, patient_state: Record) -> str:
    """Show where in a workflow a patient is."""
    state = store.ref(patient_state, "state")
    return store.display(state) if state else ""


def _no_way(state: Record | None) -> str:
    """Say that a state does not follow itself."""
    shown = (
        f"State Concept #{state['concept']} initial={str(bool(state['initial'])).lower()}"
        f" terminal={str(bool(state['terminal'])).lower()}"
        if state
        else "null"
    )
    return f"You can't change from state {shown} to {shown}"


def set_states(store: Store, enrollment: Record, value: Any) -> None:
    """Go through states as OpenMRS does: each ends when the next begins.

    Their own uuids and ends are left aside. In an enrolment that is completed already each ends
    with that, and no later one ends it; a terminal state completes the enrolment.
    """
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Conversion("Can only convert a Collection to a Collection/Array")
    found: list[Record] = []
    for given in value:
        one = store.new("patientstate")
        one["state"] = store.find("programworkflowstate", str(given.get("state")))
        one["startDate"] = to_moment(given.get("startDate"))
        before = found[-1] if found and found[-1]["endDate"] is None else None
        if before and before["state"] is one["state"]:
            raise Conversion(_no_way(one["state"]))
        if before:
            before["endDate"] = one["startDate"]
        completed = enrollment["dateCompleted"]
        one["endDate"] = None if completed is None else midnight(completed)
        if one["state"] and one["state"]["terminal"]:
            enrollment["dateCompleted"] = one["startDate"]
        found.append(one)
    enrollment.children["states"] = found


def relationship_display(store: Store, relationship: Record) -> str:
    """Show a relationship as `Amina is the Parent of Baraka`."""
    kind = store.ref(relationship, "relationshipType")
    first, second = (_given_name(store, relationship, name) for name in ("personA", "personB"))
    return f"{first} is the {kind['aIsToB'] if kind else ''} of {second}"


def _given_name(store: Store, relationship: Record, name: str) -> str:
    person = store.ref(relationship, name)
    found = preferred(store, person, "names") if person else None
    return str(found["givenName"]) if found else ""


PROGRAM = "name,uuid,retired,description,concept:{rep},allWorkflows:{deep},outcomesConcept:{rep}"
WORKFLOW = "uuid,concept:{concept},description,retired,states:{rep}"
STATE = "uuid,description,retired,concept:{rep}"
ENROLLMENT = (
    "uuid,patient:{rep},program:{rep},display,dateEnrolled,dateCompleted,location:{rep},voided,"
    "outcome:{rep},states:{states},attributes"
)
PATIENT_STATE = "state:{rep},uuid,patientProgram:{outer},startDate,endDate,voided"
RELATIONSHIP_TYPE = "uuid,display,description,aIsToB,bIsToA,displayAIsToB,displayBIsToA,retired"
RELATIONSHIP = (
    "uuid,display,personA:{rep},relationshipType:{rep},personB:{rep},voided,startDate,endDate"
)

RESOURCE_TYPES = (
    ResourceType(
        name="program",
        java="org.openmrs.Program",
        version="1.8",
        privilege="Programs",
        properties=(
            text("name"),
            text("description", 1024),
            ref("concept", must_exist=True),
            ref("outcomesConcept", "concept"),
            children("allWorkflows", "programworkflow", "program"),
        ),
        creatable="name! description! concept! outcomesConcept",
        reference="name,retired,allWorkflows:ref",
        default=PROGRAM.format(rep="ref", deep="default"),
        full=PROGRAM.format(rep="default", deep="full") + ",auditInfo",
        ending="retired",
        getters={"display": name_of},
    ),
    ResourceType(
        name="programworkflow",
        java="org.openmrs.ProgramWorkflow",
        version="1.8",
        path="workflow",
        privilege="Programs",
        properties=(
            ref("program"),
            ref("concept", must_exist=True),
            text("description", 1024),
            children("states", "programworkflowstate", "programWorkflow"),
        ),
        creatable="program! concept! description",
        reference="concept:ref,retired,states:ref",
        default=WORKFLOW.format(concept="ref", rep="default"),
        full=WORKFLOW.format(concept="default", rep="full"),
        ending="retired",
        purgeable=False,
        indexes=("program",),
        getters={"display": concept_name},
    ),
    ResourceType(
        name="programworkflowstate",
        java="org.openmrs.ProgramWorkflowState",
        version="1.8",
        path="workflow/state",
        owner="programWorkflow",
        privilege="Programs",
        properties=(
            ref("programWorkflow", "programworkflow"),
            ref("concept", must_exist=True),
            text("description", 1024),
            flag("initial"),
            flag("terminal"),
        ),
        creatable="concept! initial terminal",
        reference="concept:ref,retired",
        default=STATE.format(rep="default"),
        full=STATE.format(rep="full"),
        ending="retired",
        purgeable=False,
        indexes=('"programWorkflow"',),
        getters={"display": concept_name},
    ),
    ResourceType(
        name="programenrollment",
        java="org.openmrs.PatientProgram",
        version="1.8",
        privilege="Patient Programs",
        properties=(
            ref("patient"),
            ref("program"),
            moment("dateEnrolled"),
            moment("dateCompleted"),
            ref("location"),
            ref("outcome", "concept"),
            children("states", "patientstate", "patientProgram"),
        ),
        creatable="patient! program! dateEnrolled! dateCompleted states outcome location",
        default=ENROLLMENT.format(rep="ref", states="ref"),
        full=ENROLLMENT.format(rep="default", states="full") + ",auditInfo",
        ending="voided",
        settled=frozenset({"patient", "program"}),
        indexes=("patient",),
        getters={"display": program_of, "attributes": nothing},
        setters={"states": set_states},
    ),
    ResourceType(
        name="patientstate",
        java="org.openmrs.PatientState",
        version="1.8",
        path="programenrollment/state",
        owner="patientProgram",
        privilege="Patient Programs",
        properties=(
            ref("patientProgram", "programenrollment"),
            ref("state", "programworkflowstate"),
            moment("startDate"),
            moment("endDate"),
        ),
        creatable="state! startDate endDate",
        reference="state:ref,startDate,endDate,voided",
        default=PATIENT_STATE.format(rep="default", outer="ref"),
        full=PATIENT_STATE.format(rep="full", outer="default") + ",auditInfo",
        ending="voided",
        purgeable=False,
        indexes=('"patientProgram"',),
        getters={"display": state_name},
    ),
    ResourceType(
        name="relationshiptype",
        java="org.openmrs.RelationshipType",
        version="1.8",
        privilege="Relationship Types",
        properties=(*texts("aIsToB bIsToA"), text("description", 1024), integer("weight")),
        creatable="aIsToB! bIsToA! weight description",
        default=RELATIONSHIP_TYPE,
        full=f"{RELATIONSHIP_TYPE},weight,auditInfo",
        ending="retired",
        getters={
            "display": lambda store, record: f"{record['aIsToB']}/{record['bIsToA']}",
            "displayAIsToB": lambda store, record: record["aIsToB"],
            "displayBIsToA": lambda store, record: record["bIsToA"],
        },
    ),
    ResourceType(
        name="relationship",
        java="org.openmrs.Relationship",
        version="1.9",
        privilege="Relationships",
        properties=(
            ref("personA", "person", must_exist=True),
            ref("relationshipType", "relationshiptype", must_exist=True),
            ref("personB", "person", must_exist=True),
            moment("startDate"),
            moment("endDate"),
        ),
        creatable="personA! relationshipType! personB! startDate endDate",
        default=RELATIONSHIP.format(rep="ref"),
        full=RELATIONSHIP.format(rep="default") + ",auditInfo",
        ending="voided",
        settled=frozenset({"personA", "personB"}),
        indexes=('"personA"', '"personB"'),
        getters={"display": relationship_display},
    ),
)
