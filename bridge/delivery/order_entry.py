"""Reads what a server's prescriptions, programs and appointments are made of, where it has them."""

from collections.abc import Iterator
from typing import NamedTuple

from bridge.mapping.terms import ServerProgram, as_words, times_a_day
from bridge.openmrs.client import REST, Client
from bridge.openmrs.parsing import Body, checked_text, objects
from bridge.openmrs.replies import Outcome, Reply

_PROGRAM = (
    "uuid,display,retired,concept:(uuid),"
    "allWorkflows:(uuid,retired,states:(uuid,retired,concept:(uuid,display)))"
)


class OrderEntry(NamedTuple):
    """Uuids by the server's own words (see `as_words`), as Terms has them."""

    dose_units: dict[str, str]
    quantity_units: dict[str, str]
    duration_units: dict[str, str]
    routes: dict[str, str]
    frequencies: dict[str, str]
    times_a_day: dict[str, str]


class Program(NamedTuple):
    """A program with the concept that it is."""

    program: ServerProgram
    concept: str


def read_order_entry(client: Client) -> OrderEntry:
    """Read units, routes and frequencies; empty where the server takes no orders."""
    reply = client.probe(f"{REST}/orderentryconfig")
    body = reply.body if _accepted(reply) and isinstance(reply.body, dict) else {}
    frequencies = list(_every(client, "orderfrequency", "uuid,display,frequencyPerDay,retired"))
    return OrderEntry(
        dose_units=_by_words(body.get("drugDosingUnits")),
        quantity_units=_by_words(body.get("drugDispensingUnits")),
        duration_units=_by_words(body.get("durationUnits")),
        routes=_by_words(body.get("drugRoutes")),
        frequencies=_by_words(frequencies),
        times_a_day=_times_a_day(frequencies),
    )


def read_programs(client: Client) -> list[Program]:
    """Read the programs in use with the states of their workflows."""
    return [
        Program(
            ServerProgram(body["uuid"], checked_text(body["display"]), dict(_states(body))),
            checked_text((body.get("concept") or body)["uuid"]),
        )
        for body in _every(client, "program", _PROGRAM)
    ]


def read_services(client: Client) -> dict[str, str]:
    """Read the appointment services; none where the server has not got the module."""
    reply = client.probe(f"{REST}/appointmentService/all/default")
    found = objects(reply.body) if _accepted(reply) else []
    return {checked_text(one["name"]): checked_text(one["uuid"]) for one in found}


def _every(client: Client, resource: str, fields: str) -> Iterator[Body]:
    """Yield the objects in use of a resource that not every server has."""
    if _accepted(client.probe(f"{REST}/{resource}?v=custom:(uuid)&limit=1")):
        for body in client.every(resource, fields):
            if not body.get("retired"):
                yield body


def _accepted(reply: Reply) -> bool:
    return reply.outcome is Outcome.ACCEPTED


def _by_words(listed: object) -> dict[str, str]:
    return {
        as_words(checked_text(one["display"])): checked_text(one["uuid"])
        for one in objects(listed)
        if one.get("display")
    }


def _times_a_day(frequencies: list[Body]) -> dict[str, str]:
    """Return the frequencies by times a day, the plainest of each.

    `Twice daily` goes before `Every twelve hours`, `Once daily` before `Once daily, at bedtime`.
    """
    found: dict[str, str] = {}
    for one in sorted(frequencies, key=_plainness):
        times = one.get("frequencyPerDay")
        if isinstance(times, int | float) and times > 0:
            found.setdefault(times_a_day(times), one["uuid"])
    return found


def _plainness(frequency: Body) -> tuple[bool, int, str]:
    words = as_words(str(frequency["display"]))
    return "daily" not in words, len(words), words


def _states(program: Body) -> Iterator[tuple[str, str]]:
    """Yield the names that a program's states are known by: names, concepts, their own uuids."""
    for workflow in objects(program.get("allWorkflows")):
        for state in () if workflow.get("retired") else objects(workflow.get("states")):
            if state.get("retired"):
                continue
            concept = state.get("concept") or {}
            for name in (concept.get("display"), concept.get("uuid"), state["uuid"]):
                if name:
                    yield as_words(checked_text(name)), state["uuid"]
