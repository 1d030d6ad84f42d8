"""Small whole inputs in each form that files of others have."""

import base64

from tests.lib.fhir import (
    ME,
    START,
    VISIT,
    coded,
    encounter,
    observation,
    of_visit,
    patient,
    quantity,
)

OTHER = "9b2f0a53-6c1e-4d0b-8f1f-0a4f1c2d3e4f"
CHART = [
    patient(),
    encounter(),
    observation(),
    of_visit("Condition", "c1", code=coded("38341003"), clinicalStatus=coded("active")),
    of_visit(
        "Immunization", "i1", status="completed", vaccineCode=coded("140"), occurrenceDateTime=START
    ),
    of_visit("Procedure", "p1", status="completed", performedDateTime=START, code=coded("1")),
    of_visit(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        authoredOn=START,
        medicationReference={"reference": "Medication/d1"},
    ),
    {"resourceType": "Medication", "id": "d1", "code": coded("313782")},
    of_visit("Claim", "x1"),
]


_TEXT = {"contentType": "text/plain", "data": base64.b64encode(b"Well.").decode()}
WHOLE_CHART = [
    *CHART,
    encounter("e2", "2024-03-05T12:00:00Z", None, partOf={"reference": f"Encounter/{VISIT}"}),
    observation(
        "o2",
        component=[{"code": coded("8480-6"), "valueQuantity": quantity(120, "mm[Hg]")}],
        hasMember=[{"reference": "Observation/o1"}],
        note=[{"text": "sitting"}],
    ),
    of_visit(
        "DiagnosticReport",
        "d1",
        status="final",
        code=coded("1"),
        presentedForm=[_TEXT],
        result=[{"reference": "Observation/o2"}],
        basedOn=[{"reference": "ServiceRequest/s1"}],
    ),
    of_visit("DocumentReference", "r1", status="current", content=[{"attachment": _TEXT}]),
    of_visit(
        "ServiceRequest", "s1", status="active", intent="order", authoredOn=START, code=coded("1")
    ),
    of_visit(
        "AllergyIntolerance",
        "a1",
        code=coded("1"),
        category=["food"],
        reaction=[{"manifestation": [coded("2")], "severity": "mild"}],
    ),
    of_visit("CarePlan", "p2", status="active", category=[coded("1")], period={"start": "2024"}),
    of_visit(
        "MedicationStatement",
        "m2",
        status="completed",
        medicationCodeableConcept=coded("1"),
        effectivePeriod={"start": START},
        dosage=[
            {
                "doseAndRate": [{"doseQuantity": quantity(2, "mg")}],
                "timing": {"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}},
            }
        ],
    ),
    {
        "resourceType": "Appointment",
        "id": "t1",
        "status": "booked",
        "start": START,
        "minutesDuration": 15,
        "serviceType": [coded("1")],
        "participant": [{"actor": {"reference": f"Patient/{ME}"}}],
    },
    of_visit("RelatedPerson", "f1", relationship=[coded("MTH")]),
]
"""A chart with a resource of every type that is read."""

SYNTHEA = {
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,FIRST,LAST,GENDER,CITY,STATE\n"
    f"{ME},1980-03-02,,999-1,Alma34,Tester12,F,Lowell,MA\n",
    "encounters": "Id,START,STOP,PATIENT,ENCOUNTERCLASS,CODE,DESCRIPTION\n"
    f"{VISIT},2024-03-05T15:00:00Z,2024-03-05T15:30:00Z,{ME},wellness,1,Check up\n",
    "observations": "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
    f"2024-03-05T15:00:00Z,{ME},{VISIT},vital-signs,29463-7,Body Weight,71.9,kg,numeric\n"
    f"2024-03-05T15:00:00Z,{ME},{VISIT},vital-signs,29463-7,Body Weight,x,kg,numeric\n",
    "medications": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE\n"
    f"2024-03-05T15:00:00Z,2024-03-12T15:00:00Z,{ME},{VISIT},313782,Acetaminophen,\n",
    "immunizations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n"
    f"2024-03-05T15:00:00Z,{ME},{VISIT},140,Influenza\n",
    "payers": "Id,NAME\n1,x\n",
}


INITIALIZER = (
    '"uuid","Identifiers","Given names","Middle names","Family names","Gender","Birthdate",'
    '"Addresses","Void/Retire"\n'
    f'"{ME}","Old Number:0003:Clinic;SSN:9","Amina,Mina","Rose","Otieno,Odhiambo","F",1980-02-01,'
    '"cityVillage:Eldoret;country:Kenya",\n'
    f'"{OTHER}",,,,,,,,TRUE\n'
)
BAHMNI = (
    "Registration Number,Registration Date,First Name,Middle Name,Last Name,Gender,Birth Date,Age,"
    "Address.Village,Address.District,Attribute.class\n"
    "GAN1,2020-5-7,Amina,Rose,Otieno,F,,40,Eldoret,Uasin Gishu,general\n"
)
