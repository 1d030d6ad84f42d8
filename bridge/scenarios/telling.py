"""A case told to one learner: each person of it as a patient with a chart of their own. Pure."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bridge.chart import Identifier, Patient
from bridge.identity import NAMESPACE, fingerprint, part_uuid
from bridge.scenarios.catalogue import Case
from bridge.scenarios.learners import Learner
from bridge.scenarios.names import Identity, identity
from bridge.scenarios.person_chart import PersonChart
from bridge.scenarios.problem_list import entries_of
from bridge.scenarios.scenario import Person
from bridge.scenarios.timing import Timetable

TELLER: Final = 1
"""Rises whenever the same scenario gives other charts than before."""

IDENTIFIER_TYPE = "Old Identification Number"
"""What every OpenMRS has from the start, without a format or a check digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One case for one learner: whose, when, and how far it is told."""

    case: Case
    learner: Learner
    table: Timetable

    def people(self) -> list[Person]:
        """Return the people whose story has begun where it is told up to."""
        return [person for person in self.case.scenario.people if any(self.table.told(person))]

    def patient(self, person: Person, number: int) -> Patient:
        """Return one person of the case as a patient with this number in the cohort."""
        who = self._identity(person)
        mark = f"{self.learner.mark}-{self.case.scenario.mark}"
        owner = self.uuid(person)
        born = self.birthdate(person)
        told = PersonChart(self.table, person, owner, f"{mark}/{person.role}", born)
        others = {one.role: self.uuid(one) for one in self.people()}
        own = mark if person is self.case.scenario.patient else f"{mark}-{person.role.upper()}"
        return Patient(
            number=number,
            uuid=owner,
            sex=person.sex,
            birthdate=born,
            given_name=who.given_name,
            family_name=who.family_name,
            middle_name=self.learner.mark,
            address=replace(who.address, address1=self.learner.name),
            visits=told.visits(),
            identifiers=(Identifier(value=own, type=IDENTIFIER_TYPE),),
            entries=tuple(entries_of(told, self.case.scenario, others)),
            source=told.source,
        )

    def uuid(self, person: Person) -> str:
        """Return a person's uuid: the same case, class day and learner give the same again."""
        told = {
            "teller": TELLER,
            "case": self.case.digest,
            "day": self.table.day.isoformat(),
            "stops_at": self.table.stops_at,
            "hours_earlier": self.table.hours_earlier,
            "zone": self.table.zone.key,
            "learner": list(self.learner),
        }
        return part_uuid(str(NAMESPACE), f"scenario/{fingerprint(told)}/{person.role}")

    def birthdate(self, person: Person) -> date:
        """Return when somebody was born who is of the age that the file says."""
        return person.age.birthdate(self.table.day_of(person.visits[0]))

    def _identity(self, person: Person) -> Identity:
        scenario, name = self.case.scenario, self.case.name
        main = scenario.patient
        own = name if person is main else f"{name}/{person.role}"
        who = identity(scenario.country, person.sex, own, self.learner.number)
        if not person.relation:
            return who
        family = identity(scenario.country, main.sex, name, self.learner.number)
        return family._replace(given_name=who.given_name)
