"""What on this server would make a load fail, all of it, before the first write. Pure.

`check` holds the state against the mapping; `target` is what a load then hangs its patients on.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bridge.age_limits import Span, in_words
from bridge.delivery.server_state import (
    DEMO_TAG,
    IN_TURN,
    METADATA,
    RUN_TAG,
    TAG_PRIVILEGE,
    ServerState,
)
from bridge.delivery.target import IdentifierSlot, Target
from bridge.errors import InputError
from bridge.mapping.model import Entry, Mapping, Profile
from bridge.openmrs.models import Concept, IdentifierType
from bridge.unit_words import known_unit, same_unit
from bridge.yaml_files import nearest


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


class Finding(NamedTuple):
    """One line of the pre-flight table."""

    level: Level
    check: str
    found: str
    fix: str = ""

    @property
    def is_made_by_setup(self) -> bool:
        """Tell whether setup makes what is missing."""
        return self.fix == _SETUP


AUTO = "auto"

Limits = dict[str, tuple[float, float]]
"""The least and the greatest value of each measurement."""

SKEW_SECONDS, MOST_SKEW_SECONDS = 300, 6 * 3600
"""A load's newest encounter is of the day before: a clock hours behind would refuse it."""

VALIDATORS = {
    "org.openmrs.module.idgen.validator.LuhnMod30IdentifierValidator",
    "org.openmrs.patient.impl.LuhnIdentifierValidator",
}
"""The check digits bridge can make itself."""


def choose_profile(state: ServerState, mapping: Mapping, wanted: str = AUTO) -> str:
    """Return the profile to use: the wanted one, or the first whose things the server has.

    Where none fits whole, the last one of the mapping is taken: setup completes it.
    """
    if wanted != AUTO:
        if wanted not in mapping.profiles:
            known = [*mapping.profiles, AUTO]
            near = nearest(wanted, known)
            raise InputError(f"unknown profile {wanted!r}{near}; known are {', '.join(known)}")
        return wanted
    for name, profile in mapping.profiles.items():
        if not any(finding.level is Level.FAIL for finding in _check_things(state, profile)):
            return name
    return list(mapping.profiles)[-1]


def check(
    state: ServerState, mapping: Mapping, profile_name: str, *, now: datetime
) -> list[Finding]:
    """List every finding, good ones too, in the order of the table."""
    profile = mapping.profiles[profile_name]
    first = [
        Finding(Level.OK, "server", f"{state.url}, {_versions(state)}"),
        Finding(Level.OK, "sign-in", state.user),
        _check_privileges(state),
    ]
    if state.missing_privileges:
        return first  # without them nothing else could be read
    return [
        *first,
        *_check_clock(state, now),
        Finding(Level.OK, "profile", f"{profile_name} ({profile.title})"),
        *_check_things(state, profile),
        *_check_identifiers(state, profile),
        *_check_concepts(state, mapping),
        *_check_settings(state),
        *_check_tags(state),
        *(_check_patients(state) if state.counted else ()),
    ]


def target(state: ServerState, profile: Profile) -> Target:
    """Return what a load refers to on this server; the marks must exist."""
    return Target(
        encounter_type=profile.encounter_type.uuid,
        visit_type=profile.visit_type.uuid,
        location=profile.location.uuid,
        encounter_role=profile.encounter_role.uuid,
        provider=profile.provider.uuid,
        identifiers=tuple(
            IdentifierSlot(
                type=kind.uuid,
                location=profile.location.uuid if kind.needs_location else None,
                source=kind.source,
                validator=kind.validator,
            )
            for kind in needed_identifiers(state, profile)
        ),
        providers=tuple(thing.uuid for thing in profile.providers),
        locations_in_turn=tuple(thing.uuid for thing in profile.locations),
        demo_tag=state.tags[DEMO_TAG].uuid,
        run_tag=state.tags[RUN_TAG].uuid,
    )


def needed_identifiers(state: ServerState, profile: Profile) -> list[IdentifierType]:
    """List the identifier types each patient needs: the profile's, then all the server requires."""
    main = main_identifier(state, profile)
    required = [kind for kind in state.identifier_types if kind.required and kind != main]
    return ([main] if main else []) + required


def main_identifier(state: ServerState, profile: Profile) -> IdentifierType | None:
    """Return the profile's identifier type; without idgen the plain one will do."""
    kind = state.identifier_type(profile.identifier_type.uuid)
    if kind is None and profile.plain_identifier_type and not has_idgen(state):
        return state.identifier_type(profile.plain_identifier_type.uuid)
    return kind


def has_idgen(state: ServerState) -> bool:
    """Tell whether the server has the module that issues identifiers."""
    return "idgen" in state.capabilities.modules or any(
        kind.source for kind in state.identifier_types
    )


def real_patients(state: ServerState) -> int | None:
    """Count the patients that are not marked as demo patients; None where that cannot be known."""
    if state.patients == 0:
        return 0
    if state.patients is None or state.marked is None:
        return None
    return max(0, state.patients - state.marked)


def _versions(state: ServerState) -> str:
    core = (
        f"OpenMRS {state.capabilities.core}"
        if state.capabilities.core
        else "OpenMRS (version not shown)"
    )
    parts = [
        f"{name} {state.capabilities.modules[name]}"
        for name in _MODULES
        if name in state.capabilities.modules
    ]
    return ", ".join([core, *parts])


_MODULES = ("webservices.rest", "fhir2", "idgen")


def _check_privileges(state: ServerState) -> Finding:
    if missing := state.missing_privileges:
        return Finding(
            Level.FAIL,
            "privileges",
            f"missing: {', '.join(missing)}",
            "give the user a role with them, or sign in as an administrator",
        )
    everything = state.privileges is None
    return Finding(Level.OK, "privileges", "all" if everything else "all that a load needs")


def _check_clock(state: ServerState, now: datetime) -> Iterator[Finding]:
    if state.time is None:
        return
    skew = (now - state.time).total_seconds()
    if skew > SKEW_SECONDS:
        level = Level.FAIL if skew > MOST_SKEW_SECONDS else Level.NOTE
        fix = "set one of the two clocks: the server refuses encounters in its future"
        yield Finding(level, "clock", f"the server is {skew:.0f} s behind", fix)
    else:
        yield Finding(Level.OK, "clock", "agrees" if -skew < SKEW_SECONDS else "server ahead")


def _check_things(state: ServerState, profile: Profile) -> Iterator[Finding]:
    for field in METADATA:
        thing = getattr(profile, field)
        if METADATA[field] == "patientidentifiertype" or thing is None:
            continue
        label = field.replace("_", " ")
        if thing.uuid in state.metadata:
            yield Finding(Level.OK, label, state.metadata[thing.uuid])
        else:
            yield Finding(Level.FAIL, label, f"missing: {thing.name}", _SETUP)
    yield from _check_things_in_turn(state, profile)
    if main_identifier(state, profile) is None:
        thing = profile.identifier_type
        yield Finding(Level.FAIL, "identifier type", f"missing: {thing.name}", _SETUP)


def _check_things_in_turn(state: ServerState, profile: Profile) -> Iterator[Finding]:
    for field in IN_TURN:
        things = getattr(profile, field)
        if missing := [thing.name for thing in things if thing.uuid not in state.metadata]:
            yield Finding(Level.FAIL, field, f"missing: {', '.join(missing)}", _SETUP)
        elif things:
            yield Finding(Level.OK, field, f"{len(things)}, in turn")


_SETUP = "setup makes it"


def _check_identifiers(state: ServerState, profile: Profile) -> Iterator[Finding]:
    for kind in needed_identifiers(state, profile):
        label = f"identifier {kind.name}"
        if kind.source:
            yield Finding(Level.OK, label, "issued by the server")
        elif kind.validator in VALIDATORS or (kind.validator is None and not kind.format):
            yield Finding(Level.OK, label, "made here, with its check digit")
        else:
            rule = kind.validator or kind.format
            fix = "give it an idgen source on the server, or make it not required"
            yield Finding(Level.FAIL, label, f"nothing issues it, and its rule is {rule}", fix)


def _check_concepts(state: ServerState, mapping: Mapping) -> Iterator[Finding]:
    for name, entry in mapping.measurements.items():
        concept = state.concepts.get(entry.concept)
        if concept is None:
            yield Finding(Level.FAIL, name, f"missing: {entry.name}", _SETUP)
            continue
        if concept.datatype != "Numeric":
            fix = "map it to a numeric concept"
            yield Finding(Level.FAIL, name, f"{concept.display} is {concept.datatype}", fix)
            continue
        if entry.decimals and not concept.allow_decimal:
            fix = f"set decimals: 0 for {name} in the mapping, or allow decimals on the server"
            yield Finding(Level.FAIL, name, f"{concept.display} takes whole numbers only", fix)
            continue
        if concept.units and not same_unit(concept.units, entry.unit):
            yield _of_another_unit(name, entry, concept)
            continue
        if not concept.units:
            found = f"{concept.display} names no unit: {entry.unit} is taken for it"
            yield Finding(Level.NOTE, name, found, f"write {entry.unit} there on the server")
        narrower = narrowed(entry.plausible, (concept.low, concept.high))
        if narrower[0] >= narrower[1]:
            found = f"{concept.display} accepts nothing that the mapping calls plausible"
            fix = f"correct the limits of {name} in the mapping, or on the server"
            yield Finding(Level.FAIL, name, found, fix)
        elif none_at := _ages_without_values(entry, concept):
            found = f"{concept.display} accepts nothing plausible of {none_at}"
            fix = f"correct the limits of {name} in the mapping, or the ranges on the server"
            yield Finding(Level.FAIL, name, found, fix)
        elif concept.ages:
            found = f"{concept.display} accepts other limits by age or sex"
            yield Finding(Level.NOTE, name, found, "only such values are made")
        elif narrower != entry.plausible:
            limits = f"{narrower[0]:g} to {narrower[1]:g} {entry.unit}"
            yield Finding(
                Level.NOTE, name, f"{concept.display} accepts {limits}", "only such values are made"
            )
        else:
            yield Finding(Level.OK, name, concept.display)


def _of_another_unit(name: str, entry: Entry, concept: Concept) -> Finding:
    """Say that a concept's label is another unit's: the values would stand there under it.

    Nothing that is advised makes the load go on as it is.
    """
    found = f"{concept.display} is in {concept.units}, not {entry.unit}"
    fix = f"map {name} to a concept in {entry.unit}, or leave it out of the mapping"
    if not known_unit(concept.units or ""):
        found += f" ({concept.units} is no unit that bridge knows)"
        fix += f"; if {concept.units} means {entry.unit}, write {entry.unit} there on the server"
    return Finding(Level.FAIL, name, found, fix)


def _ages_without_values(entry: Entry, concept: Concept) -> str:
    """Say of whom a server takes no value that the mapping calls plausible; of nobody: nothing."""
    for span in concept.ages:
        low, high = narrowed(entry.plausible, (span.low, span.high))
        if low >= high and set(span.sexes) & {"F", "M"}:
            return in_words(span)
    return ""


def narrowed(
    plausible: tuple[float, float], limits: tuple[float | None, float | None]
) -> tuple[float, float]:
    """Return the part of `plausible` that the server's absolute limits leave."""
    low, high = limits
    return (
        plausible[0] if low is None else max(plausible[0], low),
        plausible[1] if high is None else min(plausible[1], high),
    )


def limits_of(state: ServerState, mapping: Mapping) -> Limits:
    """Return the values a cohort may have: the mapping's, narrowed to what the server takes."""
    return {
        name: narrowed(entry.plausible, (concept.low, concept.high))
        for name, entry in mapping.measurements.items()
        for concept in (state.concepts[entry.concept],)
    }


def ages_of(state: ServerState, mapping: Mapping) -> dict[str, tuple[Span, ...]]:
    """Return what the server takes of each measurement, where that depends on age and sex."""
    return {
        name: state.concepts[entry.concept].ages
        for name, entry in mapping.measurements.items()
        if state.concepts[entry.concept].ages
    }


def unlabelled(state: ServerState, mapping: Mapping) -> tuple[str, ...]:
    """List the measurements whose concept names no unit."""
    return tuple(
        name
        for name, entry in mapping.measurements.items()
        if not state.concepts[entry.concept].units
    )


def _check_settings(state: ServerState) -> Iterator[Finding]:
    rule = "allowed" if state.capabilities.overlapping_visits else "refused"
    yield Finding(Level.OK, "overlapping visits", f"{rule} by the server; bridge makes none")
    if state.settings.get("validation.disable") == "true":
        yield Finding(
            Level.NOTE,
            "validation",
            "switched off on the server: it takes anything",
            "set validation.disable to false",
        )
    if pattern := state.settings.get("patient.nameValidationRegex"):
        fix = "names that do not match are refused, one by one"
        yield Finding(Level.NOTE, "names", f"the server asks for {pattern}", fix)


def _check_tags(state: ServerState) -> Iterator[Finding]:
    wanted: dict[str, Callable[[str], bool]] = {
        DEMO_TAG: lambda form: form == "java.lang.Boolean",
        RUN_TAG: lambda form: form == "java.lang.String",
    }
    for name, fits in wanted.items():
        mark = state.tags.get(name)
        label = f"mark {name!r}"
        if mark is None and state.privileges is not None and TAG_PRIVILEGE not in state.privileges:
            fix = f"give the user {TAG_PRIVILEGE!r} for the first load"
            yield Finding(Level.FAIL, label, "missing, and the user may not make it", fix)
        elif mark is None:
            yield Finding(Level.OK, label, "will be made by the first load")
        elif not fits(mark.format):
            fix = "rename that person attribute type on the server"
            yield Finding(Level.FAIL, label, f"exists with format {mark.format}", fix)
        elif name == RUN_TAG and not mark.searchable:
            fix = "make that person attribute type searchable on the server"
            yield Finding(
                Level.NOTE, label, "cannot be searched: no run's patients are found by it", fix
            )
        else:
            yield Finding(Level.OK, label, "exists")


def _check_patients(state: ServerState) -> Iterator[Finding]:
    real = real_patients(state)
    if real == 0:
        yield Finding(Level.OK, "patients", f"{state.patients}, all marked as demo patients")
    else:
        count = "it cannot be known how many" if real is None else f"{real} of {state.patients}"
        fix = "make sure that this is no real hospital; load asks first"
        yield Finding(Level.NOTE, "patients", f"{count} are not marked as demo patients", fix)
