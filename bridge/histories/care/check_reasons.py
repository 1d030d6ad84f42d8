"""Whether every reason for a visit leads into a state of some module, for whoever comes for it."""

from collections.abc import Iterable, Iterator
from functools import cache

from bridge.histories.care.fault import Fault
from bridge.histories.care.model import Module, Reason
from bridge.histories.care.people_like import COUNTRIES, Person, may_hold, people
from bridge.histories.care.reasons import reasons


def faults(modules: Iterable[Module]) -> Iterator[Fault]:
    """Yield the reasons that lead nowhere, or into states whose shares do not add to 1.

    One person of each is named. A chronic module is the home of the reason of its name: its
    patients come by their intervals.
    """
    leads: dict[str, list[Reason]] = {}
    lasting = set()
    for module in modules:
        if module.kind == "chronic":
            lasting.add(module.module)
        for reason in module.who.reasons:
            leads.setdefault(reason.reason, []).append(reason)
    told = set()
    for country in COUNTRIES:
        for row in reasons(country):
            if _is_of(row.reason, lasting):
                continue
            for person in _people(country, row.years, row.sex):
                total = sum(r.share for r in leads.get(row.reason, ()) if may_hold(r.when, person))
                if row.reason not in told and abs(total - 1) > 0.005:
                    told.add(row.reason)
                    where = f"the shares of its states add to {total:g}" if total else "no home"
                    yield Fault((row.reason,), f"{where} for {person}")


def unknown_reasons(module: Module) -> Iterator[Fault]:
    """Yield the reasons of a module that nobody comes for."""
    known = {row.reason for country in COUNTRIES for row in reasons(country)}
    for number, reason in enumerate(module.who.reasons):
        if reason.reason not in known:
            yield Fault(("who", "reasons", number), f"nobody comes for {reason.reason}")


def _is_of(reason: str, names: set[str]) -> bool:
    """Tell whether a reason is a module's: `stroke` of stroke_followup."""
    return any(name == reason or name.startswith(f"{reason}_") for name in names)


@cache
def _people(country: str, years: tuple[float, float], sex: str) -> tuple[Person, ...]:
    return tuple(
        person
        for person in people((country,))
        if years[0] <= person.months / 12 < years[1] and sex in ("", person.sex)
    )
