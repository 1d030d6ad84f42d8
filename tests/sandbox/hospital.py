"""A clinic that has what whole charts need: drugs and units, problems, programs, vaccines."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from .clinic import Clinic, ciel, moment, name_uuid

DATATYPES = {
    "Numeric": "8d4a4488-c2cc-11de-8d13-0010c6dffd0f",
    "Coded": "8d4a48b6-c2cc-11de-8d13-0010c6dffd0f",
    "Text": "8d4a4ab4-c2cc-11de-8d13-0010c6dffd0f",
    "N/A": "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f",
    "Date": "8d4a505e-c2cc-11de-8d13-0010c6dffd0f",
    "Datetime": "8d4a5af4-c2cc-11de-8d13-0010c6dffd0f",
    "Boolean": "8d4a5cca-c2cc-11de-8d13-0010c6dffd0f",
}
CLASSES = {
    "Diagnosis": "8d4918b0-c2cc-11de-8d13-0010c6dffd0f",
    "Drug": "8d490dfc-c2cc-11de-8d13-0010c6dffd0f",
    "Frequency": "8e071bfe-520c-44c0-a89b-538e9129b42a",
    "Misc": "8d492774-c2cc-11de-8d13-0010c6dffd0f",
    "Test": "8d4907b2-c2cc-11de-8d13-0010c6dffd0f",
}
SAME_AS = "35543629-7d8c-11e1-909d-c80aa9edcf4e"
OUTPATIENT = "6f0c9a92-6f24-11e3-af88-005056821db0"
PARENT = "8d91a210-c2cc-11de-8d13-0010c6dffd0f"
SIMPLE = "org.openmrs.SimpleDosingInstructions"

MALARIA, HYPERTENSION, DIABETES = ciel(116128), ciel(117399), ciel(119481)
AMLODIPINE, METFORMIN, PENICILLIN = ciel(71137), ciel(79651), ciel(81724)
MILLIGRAM, TABLET, ORAL, DAYS, MONTHS = (
    ciel(161553),
    ciel(1513),
    ciel(160240),
    ciel(1072),
    ciel(1074),
)
HEMOGLOBIN, SMEAR, POSITIVE, NEGATIVE = ciel(21), ciel(32), ciel(703), ciel(664)
BCG, MEASLES, VACCINES, HISTORY = ciel(886), ciel(36), ciel(984), ciel(1421)
RASH, MODERATE, OTHER = ciel(512), ciel(1499), ciel(5622)
NOTE, SMOKES, PERIOD, PANEL = ciel(162169), ciel(163731), ciel(1427), ciel(1019)
IMAGE = "7cac8397-53cd-4f00-a6fe-028e8d743f8e"

CONCEPTS: tuple[tuple[str, str, str, str], ...] = (
    (MALARIA, "Malaria", "N/A", "Diagnosis"),
    (HYPERTENSION, "Hypertension", "N/A", "Diagnosis"),
    (DIABETES, "Diabetes mellitus", "N/A", "Diagnosis"),
    (AMLODIPINE, "Amlodipine", "N/A", "Drug"),
    (METFORMIN, "Metformin", "N/A", "Drug"),
    (PENICILLIN, "Penicillins", "N/A", "Drug"),
    (MILLIGRAM, "Milligram", "N/A", "Misc"),
    (TABLET, "Tablet", "N/A", "Misc"),
    (ORAL, "Oral", "N/A", "Misc"),
    (DAYS, "Days", "N/A", "Misc"),
    (MONTHS, "Months", "N/A", "Misc"),
    (ciel(160862), "Once daily", "N/A", "Frequency"),
    (POSITIVE, "Positive", "N/A", "Misc"),
    (NEGATIVE, "Negative", "N/A", "Misc"),
    (BCG, "BCG vaccine", "N/A", "Drug"),
    (MEASLES, "Measles vaccine", "N/A", "Drug"),
    (RASH, "Rash", "N/A", "Misc"),
    (MODERATE, "Moderate", "N/A", "Misc"),
    (OTHER, "Other non-coded", "N/A", "Misc"),
    (NOTE, "Text of encounter note", "Text", "Misc"),
    (SMOKES, "Smokes", "Boolean", "Misc"),
    (PERIOD, "Last period", "Date", "Misc"),
    (PANEL, "Complete blood count", "N/A", "Test"),
    (ciel(1410), "Vaccination date", "Datetime", "Misc"),
    (ciel(1419), "Vaccine manufacturer", "Text", "Misc"),
    (ciel(1420), "Vaccine lot", "Text", "Misc"),
    (ciel(165907), "Vaccine expiry", "Date", "Misc"),
    (ciel(171000), "On treatment", "N/A", "Misc"),
    (ciel(171001), "Treatment", "N/A", "Misc"),
)
NUMBERS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (HEMOGLOBIN, "Hemoglobin", "g/dL", {"lowNormal": 12, "hiNormal": 16, "lowCritical": 7}),
    (ciel(1418), "Vaccine sequence number", "", {}),
)
MAPPED = {VACCINES, HISTORY, *(ciel(code) for code in (1410, 1418, 1419, 1420, 165907))}
TIME_CODES = {DAYS: "258703001", MONTHS: "258706009"}


class Hospital(Clinic):
    """A client of a clinic with content, and the uuids of what there is."""

    note_type = name_uuid("note type")
    lab_type = name_uuid("lab type")
    vaccine_type = name_uuid("vaccine type")
    role = name_uuid("role")
    provider = name_uuid("provider")
    once_daily = name_uuid("once daily")
    amlodipine = name_uuid("amlodipine 5 mg")
    program = name_uuid("program")
    workflow = name_uuid("workflow")
    on_treatment = name_uuid("on treatment")
    service = ""

    def equip(self) -> None:
        """Make the content over REST."""
        for uuid, name in (
            (self.note_type, "Visit Note"),
            (self.lab_type, "Lab Results"),
            (self.vaccine_type, "Immunizations"),
        ):
            self.make("encountertype", uuid=uuid, name=name, description="-")
        self.make("encounterrole", uuid=self.role, name="Clinician", description="-")
        names = [{"givenName": "Grace", "familyName": "Wanjiru"}]
        person = self.make("person", names=names, gender="F")["uuid"]
        self.make("provider", uuid=self.provider, person=person, identifier="GW")
        self._equip_concepts()
        self._equip_orders()
        self._equip_programs()
        self._set("fhir2.immunizationsEncounterTypeUuid", self.vaccine_type)
        self._set("fhir2.administeringEncounterRoleUuid", self.role)
        self.service = self.tell("appointmentService", name="General Medicine")["uuid"]

    def _set(self, name: str, value: str) -> None:
        self.make("systemsetting", property=name, value=value)

    def _equip_concepts(self) -> None:
        sources = {
            code: self.make("conceptsource", name=name, description="-", hl7Code=code)["uuid"]
            for name, code in (("CIEL", "CIEL"), ("SNOMED CT", "SCT"))
        }
        for uuid, name, datatype, kind in CONCEPTS:
            codes = [("CIEL", uuid.rstrip("A"))] if uuid in MAPPED else []
            codes += [("SCT", TIME_CODES[uuid])] if uuid in TIME_CODES else []
            self._concept(uuid, name, datatype, kind, [self._map(sources, *one) for one in codes])
        for uuid, name, units, limits in NUMBERS:
            maps = [self._map(sources, "CIEL", uuid.rstrip("A"))] if uuid in MAPPED else []
            facts = {"units": units or None, "allowDecimal": True, **limits}
            self._concept(uuid, name, "Numeric", "Test", maps, **facts)
        for uuid, name, facts in (
            (SMEAR, "Malaria smear", {"answers": [POSITIVE, NEGATIVE]}),
            (VACCINES, "Immunizations", {"answers": [BCG, MEASLES]}),
        ):
            maps = [self._map(sources, "CIEL", uuid.rstrip("A"))] if uuid in MAPPED else []
            self._concept(uuid, name, "Coded", "Test", maps, **facts)
        history = self._map(sources, "CIEL", "1421")
        self._concept(HISTORY, "Immunization history", "N/A", "Misc", [history], set=True)

    def _map(self, sources: dict[str, str], source: str, code: str) -> dict[str, str]:
        term = self.make("conceptreferenceterm", code=code, conceptSource=sources[source])["uuid"]
        return {"conceptReferenceTerm": term, "conceptMapType": SAME_AS}

    def _concept(
        self, uuid: str, name: str, datatype: str, kind: str, maps: list[Any], **facts: Any
    ) -> None:
        self.make(
            "concept",
            uuid=uuid,
            names=[{"name": name, "locale": "en", "conceptNameType": "FULLY_SPECIFIED"}],
            datatype=DATATYPES[datatype],
            conceptClass=CLASSES[kind],
            mappings=maps,
            **facts,
        )

    def _equip_orders(self) -> None:
        for setting, name, members in (
            ("order.drugRoutesConceptUuid", "Routes", [ORAL]),
            ("order.drugDosingUnitsConceptUuid", "Doses", [MILLIGRAM, TABLET]),
            ("order.drugDispensingUnitsConceptUuid", "Dispensed", [TABLET]),
            ("order.durationUnitsConceptUuid", "Durations", [DAYS, MONTHS]),
        ):
            uuid = name_uuid(name)
            self._concept(uuid, name, "N/A", "Misc", [], set=True, setMembers=members)
            self._set(setting, uuid)
        daily = {"frequencyPerDay": 1, "concept": ciel(160862)}
        self.make("orderfrequency", uuid=self.once_daily, **daily)
        drug = {"name": "Amlodipine 5mg", "concept": AMLODIPINE, "combination": False}
        self.make("drug", uuid=self.amlodipine, **drug)

    def _equip_programs(self) -> None:
        named = {"name": "Diabetes Education", "description": "-", "concept": DIABETES}
        self.make("program", uuid=self.program, **named)
        self.make("workflow", uuid=self.workflow, program=self.program, concept=ciel(171001))
        state = {"uuid": self.on_treatment, "concept": ciel(171000), "initial": True}
        self.make(f"workflow/{self.workflow}/state", **state, terminal=False)

    def tell(self, path: str, **body: Any) -> Any:
        """Send what the appointments module answers with 200."""
        response = self.ask("POST", path, body)
        assert response.status_code == 200, response.text
        return response.json()

    def drug_order(self, patient: str, start: datetime, **changes: Any) -> dict[str, Any]:
        """Return the body of a drug order within an encounter."""
        return {
            "uuid": str(uuid4()),
            "type": "drugorder",
            "action": "NEW",
            "patient": patient,
            "careSetting": OUTPATIENT,
            "orderer": self.provider,
            "drug": self.amlodipine,
            "concept": AMLODIPINE,
            "dose": 5,
            "doseUnits": MILLIGRAM,
            "route": ORAL,
            "frequency": self.once_daily,
            "quantity": 30,
            "quantityUnits": TABLET,
            "numRefills": 2,
            "duration": 30,
            "durationUnits": DAYS,
            "dosingType": SIMPLE,
            "dateActivated": moment(start),
            **changes,
        }

    def test_order(self, patient: str, start: datetime, **changes: Any) -> dict[str, Any]:
        """Return the body of a test order within an encounter."""
        return {
            "uuid": str(uuid4()),
            "type": "testorder",
            "action": "NEW",
            "patient": patient,
            "careSetting": OUTPATIENT,
            "orderer": self.provider,
            "concept": HEMOGLOBIN,
            "urgency": "ROUTINE",
            "dateActivated": moment(start),
            **changes,
        }

    def prescribe(self, patient: str, start: datetime, **changes: Any) -> dict[str, Any]:
        """Make an encounter with one drug order, and return the body that made it."""
        body = self.encounter_body(patient, {}, start)
        at = start + timedelta(minutes=15)
        body["orders"] = [self.drug_order(patient, at, **changes)]
        self.make("encounter", **body)
        return body

    def vaccine(self, patient: str, visit: str, given: datetime, **changes: Any) -> dict[str, Any]:
        """Return the resource of an immunization."""
        return {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"coding": [{"code": BCG}]},
            "patient": {"reference": f"Patient/{patient}"},
            "encounter": {"reference": f"Encounter/{visit}"},
            "occurrenceDateTime": given.astimezone(UTC).isoformat(),
            "performer": [{"actor": {"reference": f"Practitioner/{self.provider}"}}],
            "protocolApplied": [{"doseNumberPositiveInt": 1}],
            **changes,
        }
