"""A chart to the requests that make it on one server. Pure.

What `send` sends, `verify` reads back and `undo` takes off is this plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bridge.chart import DrugOrder, Encounter, Entry, LeftOut, Patient, TestOrder, Visit
from bridge.delivery.forms import by_kind
from bridge.delivery.kinds import BY_ENTRY, KINDS, deaths
from bridge.delivery.kinds.drug_orders import overlapping
from bridge.delivery.kinds.kind import EntryKind, Place
from bridge.delivery.rendering import encounter_body, visit_body
from bridge.delivery.requests import (
    Body,
    Context,
    EncounterPlan,
    Fragment,
    PatientPlan,
    Request,
    VisitPlan,
)
from bridge.mapping.resolve import Change

OVERLAPPING = "the same drug is ordered for that time already"
ORDERED_BEFORE = "ordered before its visit"
TWICE = "the same one is recorded already"
NO_IDENTIFIER_TYPE = "no identifier type on the server"


def plan_patient(patient: Patient, context: Context) -> PatientPlan:
    """Plan what makes `patient` whole, beside the patient itself."""
    return _Planner(patient, context).plan()


class _Planner:
    """Renders one chart, and collects what cannot be rendered as it was read."""

    def __init__(self, patient: Patient, context: Context) -> None:
        self._patient = patient
        self._context = context
        self._left_out: list[LeftOut] = []
        self._changes: list[Change] = []
        self._identities: set[tuple[str, str]] = set()
        self._sent: set[str] = set()
        """The sources of which something is sent."""

    def plan(self) -> PatientPlan:
        """Return the requests in the order in which they are sent."""
        self._leave_out_identifiers()
        self._dropped = self._overlapping_orders()
        self._orders = self._test_orders()
        visits = tuple(self._visit(visit) for visit in self._patient.visits)
        requests = tuple(self._requests())
        self._sent |= {self._patient.source, *(one.source for one in self._patient.visits)}
        self._sent |= {one.source for one in self._patient.encounters()}
        return PatientPlan(
            uuid=self._patient.uuid,
            visits=visits,
            requests=requests,
            left_out=tuple(self._settled()),
            sent=frozenset(self._sent),
            changes=tuple(self._changes),
        )

    def _settled(self) -> Iterator[LeftOut]:
        """Yield what is left out, each source once; of one that is sent it is a part only."""
        whole: set[str] = set()
        for one in self._left_out:
            if "#" in one.source:
                yield one
            elif one.source in self._sent:
                yield one._replace(source=f"{one.source}#")
            elif one.source not in whole:
                whole.add(one.source)
                yield one

    def _leave_out_identifiers(self) -> None:
        for one in self._patient.identifiers:
            if one.type not in self._context.target.identifier_types:
                source = f"{self._patient.source}#{one.type}"
                self._left_out.append(LeftOut(source, NO_IDENTIFIER_TYPE, one.type))

    def _overlapping_orders(self) -> frozenset[str]:
        """Leave out the orders of a drug that is ordered for that time already."""
        orders = [entry for entry in self._entries() if isinstance(entry, DrugOrder)]
        dropped = list(overlapping(orders, self._context))
        self._left_out += [LeftOut(o.source, OVERLAPPING, o.drug.label) for o in dropped]
        return frozenset(order.uuid for order in dropped)

    def _test_orders(self) -> frozenset[str]:
        """Return the test orders that are sent: a result may refer to no other."""
        terms = self._context.terms
        orders = [entry for entry in self._entries() if isinstance(entry, TestOrder)]
        known = (o.uuid for o in orders if terms.concept(o.what, "test"))
        return frozenset(known if self._context.capabilities.orders else ())

    def _entries(self) -> Iterator[Entry]:
        for encounter in self._patient.encounters():
            yield from encounter.entries

    def _requests(self) -> Iterator[Request]:
        """Yield what concerns the patient as a whole, kind by kind; death is the last."""
        entries = defaultdict(list)
        for entry in self._patient.entries:
            entries[BY_ENTRY[type(entry)].name].append(entry)
        for kind in KINDS:
            for entry in entries[kind.name]:
                assert kind.render
                rendered = kind.render(entry, self._patient, self._context)
                if isinstance(rendered, Request):
                    rendered = self._once(kind, rendered)
                if isinstance(rendered, Request):
                    self._sent.add(rendered.source)
                    self._left_out += rendered.left_out
                    yield rendered
                else:
                    self._left_out.append(rendered)
        if self._patient.death:
            self._sent.add(self._patient.death.source)
            yield deaths.render(self._patient.death, self._patient, self._context)

    def _once(self, kind: EntryKind, request: Request) -> Request | LeftOut:
        """Leave out what the server would refuse as another of the same."""
        if kind.identity is None:
            return request
        identity = (kind.name, kind.identity(request))
        if identity in self._identities:
            assert request.expected
            return LeftOut(request.source, TWICE, request.expected.label)
        self._identities.add(identity)
        return request

    def _visit(self, visit: Visit) -> VisitPlan:
        forms = (
            self._within(visit, form)
            for encounter in visit.encounters
            for form in by_kind(encounter)
        )
        return VisitPlan(
            uuid=visit.uuid,
            body=visit_body(self._patient, visit, self._context.target),
            encounters=tuple(self._encounter(visit, form) for form in forms),
        )

    def _within(self, visit: Visit, form: Encounter) -> Encounter:
        """Leave out what was ordered before the visit: its encounter would lie outside."""
        if form.kind != "order" or form.time >= visit.start:
            return form
        early = [entry for entry in form.entries if isinstance(entry, DrugOrder | TestOrder)]
        self._left_out += [LeftOut(entry.source, ORDERED_BEFORE) for entry in early]
        return replace(form, time=visit.start, entries=())

    def _encounter(self, visit: Visit, encounter: Encounter) -> EncounterPlan:
        fragments = list(self._fragments(visit, encounter))
        for fragment in fragments:
            if fragment.bodies or fragment.after:
                self._sent |= {fragment.source, *(one.source for one in fragment.expected)}
            self._left_out += fragment.left_out
            self._changes += fragment.changes
        body = encounter_body(self._patient, visit, encounter, self._context.target)
        return _joined(encounter.uuid, body, fragments)

    def _fragments(self, visit: Visit, encounter: Encounter) -> Iterator[Fragment]:
        place = Place(self._patient, visit.uuid, encounter.uuid, encounter.time, self._orders)
        for entry in encounter.entries:
            if entry.uuid not in self._dropped:
                render = BY_ENTRY[type(entry)].render_within
                assert render
                yield render(entry, place, self._context)


def _joined(uuid: str, body: Body, fragments: Iterable[Fragment]) -> EncounterPlan:
    """Put what rides in an encounter into its body."""
    parts: dict[str, list[Body]] = defaultdict(list)
    fragments = list(fragments)
    for fragment in fragments:
        if fragment.bodies:
            parts[fragment.part] += fragment.bodies
    return EncounterPlan(
        uuid=uuid,
        body={**body, **parts},
        expected=tuple(one for fragment in fragments for one in fragment.expected),
        after=tuple(request for fragment in fragments for request in fragment.after),
    )
