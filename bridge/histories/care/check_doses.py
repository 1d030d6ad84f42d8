"""Whether everybody who comes into a state finds a dose of what is given there."""

from collections.abc import Iterator
from functools import cache

from bridge.histories.care.fault import Fault
from bridge.histories.care.model import Drug, DrugGiven, Module
from bridge.histories.care.package import drugs
from bridge.histories.care.people_like import Person, is_only_of_person, may_hold, people
from bridge.histories.care.reasons import ReasonShare, reasons

DAYS_OF_MONTH = 30.4375


def faults(module: Module) -> Iterator[Fault]:
    """Yield the drugs of which somebody who may be there would get no dose, one person of each.

    In a chronic module several drugs of a state share the weights among them: any will do.
    """
    for name, there in who_comes(module).items():
        for number, given in enumerate(module.states[name].drugs):
            if given.drug not in drugs() or (given.instead and given.instead not in drugs()):
                continue
            wanted = (p for p in there if may_hold(given.when, p) and not _has_dose(given, p))
            others = module.states[name].drugs if module.kind == "chronic" else ()
            if person := next((p for p in wanted if not _gets_any(others, p)), None):
                yield Fault(("states", name, "drugs", number), f"no dose for {person}")


def who_comes(module: Module) -> dict[str, list[Person]]:
    """Return for each state the people, of a sample of all kinds, who may come into it."""
    everybody = _everybody()
    there = {name: [_begins(module, name, p) for p in everybody] for name in module.states}
    changed = True
    while changed:
        changed = False
        for name, state in module.states.items():
            for after in state.next:
                for i, person in enumerate(everybody) if after.to in there else ():
                    if there[name][i] and not there[after.to][i] and may_hold(after.when, person):
                        there[after.to][i] = changed = True
    return {n: [p for i, p in enumerate(everybody) if there[n][i]] for n in there}


def dose_of(key: str, person: Person) -> tuple[Drug, float] | None:
    """Return the product that somebody gets of a drug and its dose; None: there is none."""
    drug = drugs().get(key)
    for _ in range(len(drugs())):
        if drug is None:
            return None
        for dose in drug.doses:
            if may_hold(dose.when, person):
                return drug, dose.dose
        drug = drugs().get(drug.otherwise or "")
    return None


def is_ruled_out(key: str, person: Person) -> bool:
    """Tell whether this person must not have a drug for age, weight, sex or pregnancy."""
    return any(is_only_of_person(w) and may_hold(w, person) for w in drugs()[key].contraindicated)


def _has_dose(given: DrugGiven, person: Person) -> bool:
    keys = (given.drug, given.instead) if given.instead else (given.drug,)
    return all(is_ruled_out(key, person) or dose_of(key, person) is not None for key in keys)


def _gets_any(drugs_given: tuple[DrugGiven, ...], person: Person) -> bool:
    return any(may_hold(g.when, person) and _has_dose(g, person) for g in drugs_given)


@cache
def _everybody() -> tuple[Person, ...]:
    return tuple(people())


def _begins(module: Module, state: str, person: Person) -> bool:
    """Tell whether somebody's first visit may be in this state."""
    who = module.who
    for reason in who.reasons:
        if (
            reason.state == state
            and may_hold(reason.when, person)
            and comes_for(reason.reason, person)
        ):
            return True
    for contact in module.contacts if module.anchor == "birth" else ():
        if contact.state == state and may_hold(contact.when, person):
            first, last = contact.day, contact.day + contact.late[1]
            if first - 45 <= person.months * DAYS_OF_MONTH <= last + 45:
                return True
    if module.kind == "chronic" and (state == module.entry or _stands(module, state)):
        return _has(module, person)
    return False


def _stands(module: Module, state: str) -> bool:
    return any(standing.state == state for standing in module.standing)


def _has(module: Module, person: Person) -> bool:
    years = person.months / 12
    if not module.who.groups:
        return years >= 18
    return any(
        g.years[0] <= years < g.years[1] and g.sex in (None, person.sex) for g in module.who.groups
    )


def comes_for(reason: str, person: Person) -> bool:
    """Tell whether people of this age, sex and country come for a reason at all."""
    return any(is_of(row, person) for row in _rows(person.country).get(reason, ()))


def is_of(row: ReasonShare, person: Person) -> bool:
    """Tell whether a row of the reasons is of this person's age and sex."""
    return row.years[0] <= person.months / 12 < row.years[1] and row.sex in ("", person.sex)


@cache
def _rows(country: str) -> dict[str, tuple[ReasonShare, ...]]:
    found: dict[str, tuple[ReasonShare, ...]] = {}
    for row in reasons(country):
        found[row.reason] = (*found.get(row.reason, ()), row)
    return found
