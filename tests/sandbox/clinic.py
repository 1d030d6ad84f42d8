"""A small clinic set up over REST: the metadata that patients and vitals need, and their bodies."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import requests

from bridge.sandbox import PASSWORD, USER

NAMESPACE = UUID("3fd7a1b6-4c0b-5c4c-9a53-6f2f6dd1d4a0")
MOD30 = "org.openmrs.module.idgen.validator.LuhnMod30IdentifierValidator"
NUMERIC = "8d4a4488-c2cc-11de-8d13-0010c6dffd0f"
NOT_ANY = "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f"
FINDING = "8d491a9a-c2cc-11de-8d13-0010c6dffd0f"
SAME_AS = "35543629-7d8c-11e1-909d-c80aa9edcf4e"
DAY = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def ciel(number: int) -> str:
    """Return the uuid of a CIEL concept."""
    return str(number).ljust(36, "A")


VITALS: dict[int, dict[str, Any]] = {
    5085: {"name": "Systolic", "units": "mmHg", "limits": (0, 90, 100, 120, 180, 250)},
    5086: {"name": "Diastolic", "units": "mmHg", "limits": (0, 50, 60, 80, 110, 150)},
    5087: {"name": "Pulse", "units": "beats/min", "limits": (0, 45, 60, 100, 110, 230)},
    5088: {"name": "Temperature", "units": "DEG C", "limits": (25, 35, 36, 37.7, 38, 43)},
    5089: {"name": "Weight", "units": "kg", "limits": (0, None, None, None, None, 250)},
    5090: {"name": "Height", "units": "cm", "limits": (10, None, None, None, None, 272)},
    5092: {"name": "Oxygen", "units": "%", "limits": (0, 90, 95, None, None, 100)},
}
WHOLE = frozenset({5085, 5086, 5087})
LIMITS = ("lowAbsolute", "lowCritical", "lowNormal", "hiNormal", "hiCritical", "hiAbsolute")


def name_uuid(name: str) -> str:
    """Return the clinic's own uuid for a name."""
    return str(uuid5(NAMESPACE, name))


def moment(time: datetime) -> str:
    """Write a time as OpenMRS takes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class Clinic:
    """A client signed in to a server, and the uuids of what the clinic set up there."""

    visit_type = name_uuid("visit type")
    encounter_type = name_uuid("encounter type")
    identifier_type = name_uuid("identifier type")
    location = "8d6c993e-c2cc-11de-8d13-0010c6dffd0f"
    mark = name_uuid("demo_patient")
    run = name_uuid("bridge run")

    def __init__(self, url: str) -> None:
        self.rest = f"{url}/ws/rest/v1"
        self.fhir = f"{url}/ws/fhir2/R4"
        self.client = requests.Session()
        self.client.get(f"{self.rest}/session", auth=(USER, PASSWORD), timeout=10)
        self.source = ""

    def set_up(self) -> None:
        """Make the metadata on a bare server."""
        described = {"description": "-"}
        self.make("visittype", uuid=self.visit_type, name="Facility Visit", **described)
        self.make("encountertype", uuid=self.encounter_type, name="Vitals", **described)
        for uuid, name, kind in (
            (self.mark, "demo_patient", "java.lang.Boolean"),
            (self.run, "bridge run", "java.lang.String"),
        ):
            self.make(
                "personattributetype",
                uuid=uuid,
                name=name,
                format=kind,
                searchable=True,
                **described,
            )
        self._set_up_identifiers()
        self._set_up_concepts()
        self.make("systemsetting", property="visits.allowOverlappingVisits", value="false")

    def _set_up_identifiers(self) -> None:
        self.make(
            "patientidentifiertype",
            uuid=self.identifier_type,
            name="OpenMRS ID",
            description="-",
            required=True,
            validator=MOD30,
            locationBehavior="NOT_USED",
        )
        made = self.make(
            "idgen/identifiersource",
            sourceType="SequentialIdentifierGenerator",
            name="Generator",
            identifierType=self.identifier_type,
            firstIdentifierBase="100000",
            baseCharacterSet="0123456789ACDEFGHJKLMNPRTUVWXY",
        )
        self.source = made["uuid"]

    def _set_up_concepts(self) -> None:
        for number, facts in VITALS.items():
            self.make(
                "concept",
                uuid=ciel(number),
                names=[{"name": facts["name"], "locale": "en"}],
                datatype=NUMERIC,
                conceptClass=FINDING,
                units=facts["units"],
                allowDecimal=number not in WHOLE,
                **dict(zip(LIMITS, facts["limits"], strict=True)),
            )
        self.make(
            "concept",
            uuid=ciel(1114),
            names=[{"name": "Vital signs", "locale": "en"}],
            datatype=NOT_ANY,
            conceptClass=FINDING,
            set=True,
            setMembers=[ciel(number) for number in VITALS],
        )

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, **given: str
    ) -> requests.Response:
        """Send one REST request."""
        url = f"{self.rest}/{path}"
        return self.client.request(method, url, json=body, params=given, timeout=30)

    def make(self, path: str, **body: Any) -> dict[str, Any]:
        """Make something, which must be accepted."""
        response = self.ask("POST", path, body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    def read(self, path: str, **given: str) -> dict[str, Any]:
        """Read something that must be there."""
        response = self.ask("GET", path, **given)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def search(self, type_name: str, **given: str) -> dict[str, Any]:
        """Search through FHIR."""
        response = self.client.get(f"{self.fhir}/{type_name}", params=given, timeout=30)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def identifiers(self, count: int) -> list[str]:
        """Take identifiers from the clinic's source."""
        made = self.make(
            "idgen/identifiersource",
            generateIdentifiers=True,
            sourceUuid=self.source,
            numberToGenerate=count,
            comment="test",
        )
        found: list[str] = made["identifiers"]
        return found

    def patient_body(self, identifier: str, **changes: Any) -> dict[str, Any]:
        """Return the body of a patient, some of the person changed."""
        person = {
            "uuid": str(uuid4()),
            "gender": "F",
            "birthdate": "1980-05-01",
            "names": [{"givenName": "Amina", "familyName": "Otieno"}],
            "attributes": [{"attributeType": self.mark, "value": "true"}],
        }
        known = {"identifier": identifier, "identifierType": self.identifier_type}
        return {"person": person | changes, "identifiers": [known]}

    def patient(self, **changes: Any) -> str:
        """Make a patient and return the uuid."""
        (identifier,) = self.identifiers(1)
        made = self.make("patient", **self.patient_body(identifier, **changes))
        return str(made["uuid"])

    def visit_body(self, patient: str, start: datetime = DAY, hours: float = 2) -> dict[str, Any]:
        """Return the body of a closed visit."""
        return {
            "uuid": str(uuid4()),
            "patient": patient,
            "visitType": self.visit_type,
            "location": self.location,
            "startDatetime": moment(start),
            "stopDatetime": moment(start + timedelta(hours=hours)),
        }

    def encounter_body(
        self, patient: str, values: dict[int, Any], start: datetime = DAY
    ) -> dict[str, Any]:
        """Return the body of an encounter with its visit and its observations inside."""
        return {
            "uuid": str(uuid4()),
            "patient": patient,
            "visit": self.visit_body(patient, start),
            "encounterType": self.encounter_type,
            "location": self.location,
            "encounterDatetime": moment(start + timedelta(minutes=15)),
            "obs": [
                {"uuid": str(uuid4()), "concept": ciel(number), "value": value}
                for number, value in values.items()
            ],
        }

    def vitals(self, patient: str, values: dict[int, Any], start: datetime = DAY) -> dict[str, Any]:
        """Make an encounter with its visit and return the body that made it."""
        body = self.encounter_body(patient, values, start)
        self.make("encounter", **body)
        return body


def fields(response: requests.Response) -> dict[str, list[str]]:
    """Return the codes of a refused submission, field by field."""
    faults = response.json()["error"]["fieldErrors"]
    return {name: [fault["code"] for fault in found] for name, found in faults.items()}


def message(response: requests.Response) -> str:
    """Return the text of an error."""
    return str(response.json()["error"]["message"])
