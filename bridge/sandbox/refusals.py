"""How OpenMRS says no: exceptions with the status and the body of the real answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CONVERSION = "org.openmrs.module.webservices.rest.web.response.ConversionException"
RESOURCE = "org.openmrs.module.webservices.rest.web.resource.impl."

MESSAGES = {
    "Encounter.datetimeShouldBeBeforeCurrent": (
        "The encounter datetime should be before the current date."
    ),
    "Encounter.datetimeShouldBeInVisitDatesRange": (
        "The encounter datetime should be between the visit start and stop dates."
    ),
    "Encounter.error.encounterType.required": "Encounter type is Required",
    "Encounter.error.patient.required": "Patient is Required",
    "Encounter.visit.patients.dontMatch": (
        "The encounter and the visit it belongs to must both belong to the same patient"
    ),
    "Order.error.encounterDatetimeAfterDateActivated": (
        "Date activated cannot be before that of the associated encounter"
    ),
    "error.patientProgram.enrolledDateDateCannotBeInFuture": (
        "Enrolled date can't be in future, Please select a date on or before today"
    ),
    "DrugOrder.error.doseIsNullForDosingTypeSimple": "Dose is required for simple dosing type",
    "DrugOrder.error.doseUnitsIsNullForDosingTypeSimple": (
        "Dose units is required for simple dosing type"
    ),
    "DrugOrder.error.routeIsNullForDosingTypeSimple": "Route is required for simple dosing type",
    "DrugOrder.error.frequencyIsNullForDosingTypeSimple": (
        "Frequency is required for simple dosing type"
    ),
    "DrugOrder.error.dosingInstructionsIsNullForDosingTypeFreeText": (
        "Dosing instructions is required if dosing type is FreeText"
    ),
    "OrderFrequency.concept.shouldBeClassFrequency": "Concept should be of class Frequency",
    "error.patientProgram.enrolledDateShouldBeBeforecompletionDate": (
        "Enrolled Date should be before completion Date"
    ),
    "Obs.error.precision": (
        'Assigning decimal value to numeric concept with "Allowed decimal" property set to false'
        " is not allowed."
    ),
    "Obs.error.inGroupMember": "A member of this obs group has an error",
    "Patient.names.required.given.family": "You must define the Given Name",
    "PatientIdentifier.error.nullOrBlank": "Identifier cannot be null or blank",
    "Person.gender.required": "Please select a gender",
    "Person.shouldHaveAtleastOneNonVoidedName": "Person must have at least one non-deleted name",
    "Person.dead.causeOfDeathAndCauseOfDeathNonCodedNull": (
        "Cause of Death or Cause of Death (non coded) is required for people marked as deceased."
    ),
    "ConceptReferenceTerm.duplicate.code": "Duplicate reference term code in its concept source",
    "Visit.encountersCannotBeAfterStopDate": (
        "Cannot contain encounters whose dates are after the stop of the visit."
    ),
    "Visit.encountersCannotBeBeforeStartDate": (
        "Cannot contain encounters whose dates are before the start of the visit."
    ),
    "Visit.error.endDateBeforeStartDate": "Stop date cannot be before start date",
    "Visit.error.patient.required": "Patient Id is required",
    "Visit.error.visitType.required": "Visit Type is required",
    "Visit.startDateCannotFallBeforeTheBirthDateOfTheSamePatient": (
        "This visit has a start date that falls before the birthdate of the same patient."
    ),
    "Visit.visitCannotOverlapAnotherVisitOfTheSamePatient": (
        "This visit overlaps with another visit of the same patient."
    ),
    "error.date.future": "Cannot be a date in the future",
    "error.date.nonsensical": "Nonsensical date, please check.",
    "error.deathdate.before.birthdate": "Death date must be after birth date",
    "error.null": "Cannot be empty or null",
    "error.preferredIdentifier": "Select a preferred identifier",
    "location.duplicate.name": ("Specified Location name already exists, please specify another"),
}
"""What OpenMRS's English messages say for its codes; a code without an entry is its own text."""


class Refusal(Exception):
    """An answer that is an error: `chain` is the exception's message and those of its causes."""

    def __init__(
        self,
        status: int,
        chain: Iterable[str | None],
        *,
        java: str,
        code: str,
        reason: str = "",
        translated: str = "",
    ) -> None:
        self.translated = translated
        self.status = status
        self.chain = tuple(chain)
        self.java = java
        self.code = code
        self.reason = reason
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The text of the error: the reason, then the chain in brackets."""
        inner = "[" + " => ".join(str(part or "null") for part in self.chain) + "]"
        return f"{self.reason} {inner}" if self.reason else inner

    def body(self) -> dict[str, Any]:
        """Write the error as OpenMRS's REST module does."""
        first = self.chain[0]
        error = {
            "message": self.message,
            "code": self.code,
            "detail": f"{self.java}: {first}".splitlines()[0] if first else self.java,
            "rawMessage": first,
            "translatedMessage": self.translated or first or "",
        }
        return {"error": error}


class Conversion(Refusal):
    """A body that does not fit the resource: 400, with the way to the fault as the chain."""

    def __init__(self, *chain: str, line: int = 751) -> None:
        code = f"{RESOURCE}BaseDelegatingResource:{line}"
        super().__init__(400, chain, java=CONVERSION, code=code)

    def within(self, place: str) -> "Conversion":
        """Return the same refusal seen from the object outside."""
        return Conversion(place, *(str(part) for part in self.chain))


class NoSetter(Conversion):
    """A property that the class of the object does not have."""

    def __init__(self) -> None:
        super().__init__(
            'Cannot invoke "java.beans.PropertyDescriptor.getWriteMethod()" because the return'
            ' value of "org.apache.commons.beanutils.PropertyUtils.getPropertyDescriptor('
            'Object, String)" is null'
        )


class UnknownShown(Refusal):
    """A custom representation asks for a property that the class does not have: 400."""

    def __init__(self, java: str, name: str) -> None:
        shown = "org.openmrs.module.webservices.rest.web.representation.CustomRepresentation"
        chain = (
            f"converting class {java} to {shown}",
            f"{name} on class {java}",
            f"Unknown property '{name}' on class 'class {java}'",
        )
        code = "org.openmrs.module.webservices.rest.web.ConversionUtil:428"
        super().__init__(400, chain, java=CONVERSION, code=code)


class NotFound(Refusal):
    """No object has this uuid: 404."""

    def __init__(self, line: int = 53, *, what: str | None = None) -> None:
        super().__init__(
            404,
            [what],
            java="org.openmrs.module.webservices.rest.web.response.ObjectNotFoundException",
            code=f"{RESOURCE}DelegatingCrudResource:{line}",
            reason="Object with given uuid doesn't exist",
        )


class UnknownResource(Refusal):
    """No resource stands at this path: 404."""

    def __init__(self, path: str) -> None:
        java = "org.openmrs.module.webservices.rest.web.response.UnknownResourceException"
        reason = (
            "Resource does not exist. Please check documentation for implemented resources and"
            " their paths"
        )
        code = "org.openmrs.module.webservices.rest.web.api.impl.RestServiceImpl:427"
        super().__init__(404, [f"Unknown resource: v1/{path}"], java=java, code=code, reason=reason)


class Unsupported(Refusal):
    """The resource does not do this: 400."""

    def __init__(self, code: str = f"{RESOURCE}DelegatingCrudResource:237") -> None:
        response = "org.openmrs.module.webservices.rest.web.response."
        super().__init__(
            400,
            [None],
            java=f"{response}ResourceDoesNotSupportOperationException",
            code=code,
            reason="The Resource Does not Support the Requested Operation",
        )


class NotSignedIn(Refusal):
    """Nobody is signed in and a privilege is needed: 401."""

    def __init__(self, privilege: str) -> None:
        super().__init__(
            401,
            [f"Privileges required: {privilege}"],
            java="org.openmrs.api.APIAuthenticationException",
            code="org.openmrs.aop.AuthorizationAdvice:120",
            reason="User is not logged in",
        )


class Broken(Refusal):
    """What OpenMRS answers with a 500: a rule checked late, or a constraint of its database."""

    def __init__(self, *chain: str, java: str, code: str, translated: str = "") -> None:
        super().__init__(500, chain, java=java, code=code, translated=translated)

    @classmethod
    def database(cls, fault: str) -> "Broken":
        """Say that the database itself failed: a full disk, a lock held too long."""
        return cls(
            "could not execute statement",
            fault,
            java="org.hibernate.exception.GenericJDBCException",
            code="org.hibernate.exception.internal.StandardSQLExceptionConverter:47",
        )

    @classmethod
    def transient(cls, java: str) -> "Broken":
        """Refuse a reference to something new that nothing saves."""
        return cls(
            "object references an unsaved transient instance - save the transient instance before"
            f" flushing: {java}",
            java="org.hibernate.TransientObjectException",
            code="org.hibernate.engine.internal.ForeignKeys:347",
        )

    @classmethod
    def statement(cls, cause: str) -> "Broken":
        """Refuse what a constraint of OpenMRS's database would."""
        return cls(
            "could not execute statement",
            f"(conn=1) {cause}",
            java="org.hibernate.exception.ConstraintViolationException",
            code="org.hibernate.exception.internal.SQLExceptionTypeDelegate:59",
        )


class FieldError(NamedTuple):
    """One fault of a submission; `field` is empty for one of the whole."""

    field: str
    code: str
    message: str


@dataclass
class Findings:
    """What the rules find wrong with a submission, collected before it is refused."""

    faults: list[FieldError] = field(default_factory=list)

    def add(self, field: str, code: str, message: str = "") -> None:
        """Note a fault; the message follows from the code where none is given."""
        self.faults.append(FieldError(field, code, message or MESSAGES.get(code, code)))

    def refuse_any(self) -> None:
        """Raise Invalid if anything was found."""
        if self.faults:
            raise Invalid(self.faults)


class Invalid(Exception):
    """A submission that breaks rules: 400 with a list of faults for each field."""

    status = 400

    def __init__(self, faults: Iterable[FieldError]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.code}" for fault in self.faults))

    def body(self) -> dict[str, Any]:
        """Write the faults as OpenMRS's REST module does."""
        whole = [_as_json(fault) for fault in self.faults if not fault.field]
        fields: dict[str, list[dict[str, str]]] = {}
        for fault in self.faults:
            if fault.field:
                fields.setdefault(fault.field, []).append(_as_json(fault))
        error = {
            "message": "Invalid Submission",
            "code": "webservices.rest.error.invalid.submission",
            "globalErrors": whole,
            "fieldErrors": fields,
        }
        return {"error": error}


def _as_json(fault: FieldError) -> dict[str, str]:
    return {"code": fault.code, "message": fault.message}
