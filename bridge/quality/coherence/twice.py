"""Rules of what may not be there twice at once: a drug, a program, a diagnosis in one visit."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from bridge.chart import Diagnosis, Enrollment
from bridge.quality.coherence.judging import Breach, where
from bridge.quality.coherence.model import Twice
from bridge.quality.coherence.timeline import Ordered, Place, Timeline

FOREVER = 20_000
"""Days of an order that nobody has ended."""


def twice(rule: Twice, line: Timeline) -> Iterator[Breach]:
    """Yield what stands in a chart twice for the same days."""
    yield from {"drug": _drugs, "program": _programs, "diagnosis": _diagnoses}[rule.check](
        rule, line
    )


def _drugs(rule: Twice, line: Timeline) -> Iterator[Breach]:
    """Two orders of the very same product that run together, longer than a refill comes early."""
    by_drug: dict[object, list[Ordered]] = {}
    for one in line.orders:
        key = _same(one)
        if key and not one.order.as_needed:
            by_drug.setdefault(key, []).append(one)
    for orders in by_drug.values():
        for before, after in pairwise(orders):
            days = _common(before, after)
            shorter = min(_length(before), _length(after))
            if days > rule.overlap_days and days > rule.share * shorter:
                shown = "for good" if days >= FOREVER else f"for {days} days"
                what = (
                    f"{after.label} from {after.first} beside the order of {before.first}, {shown}"
                )
                yield Breach(rule.name, what, where(after.place))


def _same(one: Ordered) -> object:
    """Return what two orders share that are of one product; None: creams and what nobody knows."""
    product = one.product
    if not product.drugs or one.is_local:
        return None
    strengths = (*product.each.items(), *product.per_ml.items())
    return (product.drugs, *sorted(strengths)) if strengths else one.order.drug


def _length(one: Ordered) -> int:
    return (one.last - one.first).days if one.last else FOREVER


def _common(before: Ordered, after: Ordered) -> int:
    last = min(one.last or one.first + timedelta(FOREVER) for one in (before, after))
    return max(0, (last - max(before.first, after.first)).days)


def _programs(rule: Twice, line: Timeline) -> Iterator[Breach]:
    enrollments = [one for one in line.patient.entries if isinstance(one, Enrollment)]
    enrollments.sort(key=lambda one: one.enrolled)
    for index, one in enumerate(enrollments):
        for later in enrollments[index + 1 :]:
            end = one.completed or date.max
            if later.program == one.program and later.enrolled < end:
                what = f"enrolled in {later.program.label} on {later.enrolled}, and still since"
                yield Breach(rule.name, f"{what} {one.enrolled}", where(Place(None, later)))
                break


def _diagnoses(rule: Twice, line: Timeline) -> Iterator[Breach]:
    for visit in line.patient.visits:
        for encounter in visit.encounters:
            seen: set[object] = set()
            for entry in encounter.entries:
                if isinstance(entry, Diagnosis):
                    if entry.what in seen:
                        what = f"{entry.what.label} twice in one encounter"
                        yield Breach(rule.name, what, where(Place(visit, entry)))
                    seen.add(entry.what)
