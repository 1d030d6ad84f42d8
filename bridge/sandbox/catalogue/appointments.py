"""What the appointments module keeps; its own web side shows it, not the REST engine."""

from bridge.sandbox.catalogue.metadata import name_of
from bridge.sandbox.resource_types import (
    Property,
    ResourceType,
    integer,
    moment,
    ref,
    text,
    texts,
)

RESOURCE_TYPES = (
    ResourceType(
        name="appointmentservice",
        java="org.openmrs.module.appointments.model.AppointmentServiceDefinition",
        version="1.8",
        privilege="Appointment Services",
        properties=(
            text("name"),
            text("description", 1024),
            *texts("startTime endTime color"),
            integer("durationMins"),
            integer("maxAppointmentsLimit"),
            ref("location"),
        ),
        creatable="name",
        default="uuid,name",
        full="uuid,name",
        ending="voided",
        served=False,
        getters={"display": name_of},
    ),
    ResourceType(
        name="appointment",
        java="org.openmrs.module.appointments.model.Appointment",
        version="1.8",
        privilege="Appointments",
        properties=(
            ref("patient"),
            ref("service", "appointmentservice"),
            ref("location"),
            moment("startDateTime"),
            moment("endDateTime"),
            *texts("appointmentNumber appointmentKind status"),
            text("comments"),
            Property(name="providers", type="json"),
        ),
        creatable="patient",
        default="uuid",
        full="uuid",
        ending="voided",
        served=False,
        order='"startDateTime", id',
        indexes=("patient",),
        getters={"display": lambda store, record: record["appointmentNumber"]},
    ),
)
