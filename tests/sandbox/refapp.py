"""A server made like the Reference Application, over REST: what its tape asks for, no more."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from .clinic import Clinic

CLASSES = {"Drug": "8d490dfc-c2cc-11de-8d13-0010c6dffd0f"}
DATATYPES = {
    "Numeric": "8d4a4488-c2cc-11de-8d13-0010c6dffd0f",
    "Coded": "8d4a48b6-c2cc-11de-8d13-0010c6dffd0f",
    "Text": "8d4a4ab4-c2cc-11de-8d13-0010c6dffd0f",
    "N/A": "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f",
    "Date": "8d4a505e-c2cc-11de-8d13-0010c6dffd0f",
    "Datetime": "8d4a5af4-c2cc-11de-8d13-0010c6dffd0f",
    "Boolean": "8d4a5cca-c2cc-11de-8d13-0010c6dffd0f",
}
SAME_AS = "35543629-7d8c-11e1-909d-c80aa9edcf4e"
LIMITS = {
    "lowAbsolute": "absolute_low",
    "lowCritical": "critical_low",
    "lowNormal": "normal_low",
    "hiNormal": "normal_high",
    "hiCritical": "critical_high",
    "hiAbsolute": "absolute_high",
}
UNITS_OF_TIME = {
    **{"162583": "257997001", "1733": "258701004", "1822": "258702006", "1072": "258703001"},
    **{"1073": "258705008", "1074": "258706009", "1734": "258707000", "162582": "252109000"},
}
IMMUNIZATION = ("1421", "984", "1410", "1418", "1419", "1420", "165907", "161011")
SETS = {
    "order.drugRoutesConceptUuid": "drugRoutes",
    "order.drugDosingUnitsConceptUuid": "drugDosingUnits",
    "order.drugDispensingUnitsConceptUuid": "drugDispensingUnits",
    "order.durationUnitsConceptUuid": "durationUnits",
    "order.testSpecimenSourcesConceptUuid": "testSpecimenSources",
}


def ciel(code: str) -> str:
    return code.ljust(36, "A")


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Content:
    """The facts of the Reference Application's content packages, as far as a tape names them."""

    def __init__(self, folder: Path, exchanges: list[dict[str, Any]]) -> None:
        self.concepts = {
            row["concept_uuid"]: row for row in read_rows(folder / "refapp_concepts.csv")
        }
        self.drugs = {row["drug_uuid"]: row for row in read_rows(folder / "refapp_drugs.csv")}
        self.metadata = read_rows(folder / "refapp_metadata.csv")
        self.limits = self._ranges(exchanges)
        self.taped = {exchange["name"]: exchange["response"].get("json") for exchange in exchanges}
        self.asked = json.dumps([exchange["request"] for exchange in exchanges])

    @staticmethod
    def _ranges(exchanges: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Take the adult's reference ranges for the concepts' own: the sandbox has no others."""
        name = "reference ranges of the adult"
        rows = next(one["response"]["json"] for one in exchanges if one["name"] == name)
        names = (*LIMITS, "units", "allowDecimal")
        found = {row["concept"]: {name: row[name] for name in names} for row in rows["results"]}
        arm = {"units": "cm", "allowDecimal": True}  # has no limits, so it is not in the list
        return found | {ciel("1343"): arm}

    def of_kind(self, kind: str) -> list[dict[str, str]]:
        return [row for row in self.metadata if row["kind"] == kind]

    def frequency(self, name: str) -> str:
        """Find the concept of an order frequency by its name."""
        rows = (row for row in self.concepts.values() if row["concept_class"] == "Frequency")
        return next(row["concept_uuid"] for row in rows if row["name"] == name)

    def wanted_concepts(self) -> Iterator[str]:
        """Name the concepts that the exchanges speak of, members and answers before the rest."""
        named = [uuid for uuid in self.concepts if uuid in self.asked]
        for name in SETS.values():
            named += [row["uuid"] for row in self.taped["order entry concepts"][name]]
        named += [ciel(code) for code in IMMUNIZATION]
        named += [drug["concept_uuid"] for uuid, drug in self.drugs.items() if uuid in self.asked]
        yield from dict.fromkeys(named)


class ReferenceApplication(Clinic):
    """A client that sets up a sandbox with the content."""

    terms: dict[tuple[str, str], str]

    def furnish(self, content: Content) -> None:
        """Make what the exchanges of the tape need."""
        self.terms = {}
        self.sources = {
            name: self.make("conceptsource", name=name, description="-", hl7Code=code)["uuid"]
            for name, code in (("CIEL", "CIEL"), ("SNOMED CT", "SCT"))
        }
        self._make_lists(content)
        self._make_identifiers(content)
        for uuid in content.wanted_concepts():
            self._make_concept(content, uuid)
        self._make_sets(content)
        self._make_orders(content)
        self._set("visits.allowOverlappingVisits", "false")
        self._set("fhir2.immunizationsEncounterTypeUuid", "29c02aff-9a93-46c9-bf6f-48b552fcb1fa")
        self._set("fhir2.administeringEncounterRoleUuid", "240b26f9-dd88-4172-823d-4a8bfeb7841f")

    def _set(self, name: str, value: str) -> None:
        self.make("systemsetting", property=name, value=value)

    def _make_lists(self, content: Content) -> None:
        for path in ("visittype", "encountertype", "encounterrole"):
            for row in content.taped[f"list {path}"]["results"]:
                if self.ask("GET", f"{path}/{row['uuid']}").status_code == 404:
                    self.make(path, uuid=row["uuid"], name=row["display"], description="-")
        clinic = "44c3efb0-2583-4c80-a79e-1f756a03c0a1"
        self.make("location", uuid=clinic, name="Outpatient Clinic", description="-")
        person = {"names": [{"givenName": "Unknown", "familyName": "Provider"}], "gender": "M"}
        uuid = self.make("person", **person)["uuid"]
        provider = "f9badd80-ab76-11e2-9e96-0800200c9a66"
        self.make("provider", uuid=provider, person=uuid, identifier="UNKNOWN")

    def _make_identifiers(self, content: Content) -> None:
        for row in content.taped["identifier types"]["results"]:
            if self.ask("GET", f"patientidentifiertype/{row['uuid']}").status_code == 404:
                given = {name: value for name, value in row.items() if name != "resourceVersion"}
                given["description"] = "OpenMRS patient identifier, with check-digit"
                self.make("patientidentifiertype", **given)
        (row,) = content.taped["identifier sources"]["results"]
        made = self.make(
            "idgen/identifiersource",
            sourceType="SequentialIdentifierGenerator",
            identifierType=row["identifierType"]["uuid"],
            **{name: row[name] for name in ("name", "description", "firstIdentifierBase")},
            **{name: row[name] for name in ("baseCharacterSet", "minLength", "maxLength")},
        )
        self.source = made["uuid"]

    def _make_concept(self, content: Content, uuid: str) -> None:
        row = content.concepts.get(uuid)
        if row is None or self.ask("GET", f"concept/{uuid}").status_code == 200:
            return
        codes = [("CIEL", row["ciel"])] if row["ciel"] else []
        if row["ciel"] in UNITS_OF_TIME:
            codes.append(("SNOMED CT", UNITS_OF_TIME[row["ciel"]]))
        vaccines = [one["uuid"] for one in content.of_kind("vaccine")]
        answers = [one for one in vaccines if one in content.concepts and row["ciel"] == "984"]
        for answer in answers:
            self._make_concept(content, answer)
        self.make(
            "concept",
            uuid=uuid,
            names=[
                {
                    "name": row["name"],
                    "locale": "en",
                    "localePreferred": True,
                    "conceptNameType": "FULLY_SPECIFIED",
                }
            ],
            datatype=DATATYPES[row["datatype"]],
            conceptClass=self._class(row["concept_class"]),
            mappings=[self._mapping(*code) for code in codes],
            answers=answers,
            **(content.limits.get(uuid) or self._limits(row)),
        )

    def _limits(self, row: dict[str, str]) -> dict[str, Any]:
        if row["datatype"] != "Numeric":
            return {}
        limits = {name: float(row[column]) for name, column in LIMITS.items() if row[column]}
        decimal = row["allow_decimal"].lower() in ("true", "yes", "1")
        return limits | {"units": row["units"] or None, "allowDecimal": decimal}

    def _class(self, name: str) -> str:
        found = self.read("conceptclass", q=name)["results"]
        exact = [one["uuid"] for one in found if one["display"] == name]
        return str(
            exact[0] if exact else self.make("conceptclass", name=name, description="-")["uuid"]
        )

    def _mapping(self, source: str, code: str) -> dict[str, str]:
        if (source, code) not in self.terms:
            made = self.make("conceptreferenceterm", code=code, conceptSource=self.sources[source])
            self.terms[source, code] = made["uuid"]
        return {"conceptReferenceTerm": self.terms[source, code], "conceptMapType": SAME_AS}

    def _make_sets(self, content: Content) -> None:
        for setting, kind in SETS.items():
            members = [row["uuid"] for row in content.taped["order entry concepts"][kind]]
            name = {"name": f"All of {kind}", "locale": "en"}
            made = self.make(
                "concept",
                names=[name],
                datatype=DATATYPES["N/A"],
                conceptClass=self._class("ConvSet"),
                set=True,
                setMembers=members,
            )
            self._set(setting, made["uuid"])

    def _make_orders(self, content: Content) -> None:
        for row in content.of_kind("order frequency"):
            per_day = float(row["detail"].removeprefix("per day "))
            concept = content.frequency(row["name"])
            self._make_concept(content, concept)
            uuid = row["uuid"]
            self.make("orderfrequency", uuid=uuid, frequencyPerDay=per_day, concept=concept)
        for uuid, drug in content.drugs.items():
            if uuid in content.asked:
                self.make(
                    "drug",
                    uuid=uuid,
                    name=drug["drug_name"],
                    concept=drug["concept_uuid"],
                    combination=False,
                )
        concept = self.read("concept", v="ref", limit="1")["results"][0]["uuid"]
        for row in content.of_kind("program"):
            self.make(
                "program", uuid=row["uuid"], name=row["name"], description="-", concept=concept
            )
        for row in content.taped["appointment services"][:3]:
            named = {name: row[name] for name in ("name", "color")}
            answer = self.ask("POST", "appointmentService", named)
            assert answer.status_code == 200, answer.text
        for row in content.taped["relationship types"]["results"]:
            if self.ask("GET", f"relationshiptype/{row['uuid']}").status_code == 404:
                both = {name: row[name] for name in ("aIsToB", "bIsToA")}
                self.make("relationshiptype", uuid=row["uuid"], **both)


def with_source(exchanges: list[dict[str, Any]], ours: str) -> list[dict[str, Any]]:
    """Put the identifier source that was made here in the place of the tape's."""
    theirs = "8549f706-7e85-4c1d-9424-217d50a2988b"
    replaced: list[dict[str, Any]] = json.loads(json.dumps(exchanges).replace(theirs, ours))
    return replaced


def moment_of(exchange: dict[str, Any], before: datetime) -> datetime:
    """Tell when an exchange was recorded, by the newest time of that night in its answer."""
    night = re.compile(r"2026-11-21T03:5[89]:\d\d")
    found = [datetime.fromisoformat(one + "+00:00") for one in night.findall(json.dumps(exchange))]
    return max([before, *found])


def without_codes(given: Any) -> Any:
    """Leave out the codes of other systems beside a concept's uuid: only an initializer's server
    writes them."""
    if isinstance(given, list):
        return [without_codes(one) for one in given]
    if not isinstance(given, dict):
        return given
    shown = {name: without_codes(value) for name, value in given.items()}
    if "speciality" in shown:
        shown["speciality"] = {}  # REST cannot make one
    codings = shown.get("coding")
    if isinstance(codings, list) and codings and "system" not in codings[0]:
        shown["coding"] = codings[:1]
    return shown
