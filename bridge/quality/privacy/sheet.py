"""The GDPR sheet: what a run's own figures say about people's data, and what they cannot say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.quality.privacy.rates import interval, percent
from bridge.quality.privacy.results import Attack, Privacy


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """What is known of the training data and the run. What is not known stays empty, and is said.

    `generated` and `given` are the columns that the generator makes and that it is told;
    `special` gives for each column of a special category (Article 9) which one it is, such as
    "health". `left_out` counts rows not used, by reason. `budget` are the facts of
    differentially private training, such as {"epsilon": 3, "delta": 1e-5}, empty without it.
    `minimisation` are sentences that the run's own figures support.
    """

    purpose: str
    source: str
    rows: int
    generated: tuple[str, ...]
    given: tuple[str, ...]
    special: Mapping[str, str]
    dates: str = ""
    fingerprint: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    budget: Mapping[str, str | float] = field(default_factory=dict)
    minimisation: tuple[str, ...] = ()


class Section(NamedTuple):
    """A heading with its sentences."""

    title: str
    sentences: tuple[str, ...]


def write_sheet(record: Processing, privacy: Privacy) -> tuple[Section, ...]:
    """Return the sections of the sheet.

    The order of what can be said about re-identification is that of the three questions in
    Opinion 05/2014 on Anonymisation Techniques (WP216) of the Article 29 Working Party.
    """
    return (
        Section("What went in", tuple(_what_went_in(record))),
        Section("Special categories", tuple(_special(record))),
        Section("Purpose", (record.purpose or "Not stated: the controller must state it.",)),
        Section(
            "Can a person be singled out?",
            (_criterion(privacy.singling_out), privacy.copies.verdict),
        ),
        Section("Can records of one person be linked?", (_criterion(privacy.linkability),)),
        Section("Can something be inferred about a person?", (_criterion(privacy.inference),)),
        Section(
            "Can it be told who was in the training data?",
            (privacy.membership.verdict, privacy.closest.verdict),
        ),
        Section("Differential privacy", tuple(_budget(record.budget))),
        Section("Minimisation", tuple(_minimisation(record))),
        Section("What cannot be said", tuple(_limits(record, privacy))),
        Section("Who must still decide", _DECISIONS),
    )


_DECISIONS = (
    "The controller: on which ground of Article 6, and of Article 9 where there are special "
    "categories, the real data may be used to fit a generator; and whether that is compatible "
    "with what they were collected for.",
    "The controller, with the data protection officer: whether the synthetic rows are anonymous "
    "in the sense of Recital 26, which looks at all means reasonably likely to be used, for the "
    "people who will get them; and whether an impact assessment (Article 35) is needed.",
    "Whoever releases them: to whom, for how long, and what happens when a new attack is known.",
    "This sheet reports measurements. It is no legal advice and no certificate.",
)


def _what_went_in(record: Processing) -> Iterator[str]:
    yield f"{record.source}: {record.rows:,} rows of real people were used to fit the generator."
    yield f"The generator makes: {_listed(record.generated)}."
    yield f"It is told, and does not make: {_listed(record.given)}."
    yield f"Dates of the data: {record.dates or 'not known'}."
    yield f"Fingerprint of the file: {record.fingerprint or 'not recorded'}."
    for reason, rows in record.left_out.items():
        yield f"Not used, {reason}: {rows:,} rows."


def _special(record: Processing) -> Iterator[str]:
    for kind in sorted(set(record.special.values())):
        columns = [name for name, its in record.special.items() if its == kind]
        yield f"Data concerning {kind} (Article 9 GDPR) in what went in: {', '.join(columns)}."
    if not record.special:
        yield "No column was named as one. The controller must check that this is so."
    yield (
        "To fit a generator is itself a use of these data, whatever comes out of it, and needs "
        "its own ground."
    )


def _criterion(attacks: Sequence[Attack]) -> str:
    """Say in one paragraph what the attacks of a kind show."""
    if not attacks:
        return "No attack of this kind could be run on these columns, so nothing is known."
    worst = max(attacks, key=lambda attack: attack.risk.value)
    leaking = [attack.name for attack in attacks if attack.leaks]
    strong = [attack for attack in attacks if attack.stronger]
    text = (
        f"{_many(len(attacks), 'attack')} measured. Largest risk: {interval(worst.risk)}, in "
        f"“{worst.name}” (right for {percent(worst.train.value)} of training people and "
        f"{percent(worst.control.value)} of people never seen)."
    )
    if leaking:
        return f"{text} Yes: training people were found more often in {', '.join(leaking)}."
    if doubtful := [attack.name for attack in attacks if attack.doubtful]:
        return (
            f"{text} Not settled: the interval of {', '.join(doubtful)} lies above zero, by no "
            "more than chance may do among several attacks. Repeat with another seed or more "
            "people."
        )
    if not strong:
        return f"{text} No attack beat its blind guess, so this shows nothing either way."
    bound = max(attack.risk.high for attack in strong)
    return (
        f"{text} No attack found training people more often than others; {len(strong)} of "
        f"{len(attacks)} beat their blind guess, and for those a risk of up to "
        f"{percent(max(bound, 0.0))} cannot be ruled out."
    )


def _budget(budget: Mapping[str, str | float]) -> Iterator[str]:
    if not budget:
        yield (
            "The generator was trained without differential privacy: the figures above are what "
            "some attacks found, and nothing bounds what a better attack could find."
        )
        return
    yield f"Trained with differential privacy: {_listed([f'{k} {v}' for k, v in budget.items()])}."
    yield (
        "The guarantee covers the steps that were counted, for one person's row. Each further "
        "training on the same people spends more."
    )


def _minimisation(record: Processing) -> Iterator[str]:
    yield (
        f"{_many(len(record.generated) + len(record.given), 'column')} of "
        f"{record.rows:,} rows were used; no name, address, identifier or free text is needed."
    )
    yield from record.minimisation
    if not record.minimisation:
        yield "Whether fewer rows or columns would have done was not measured in this run."


def _limits(record: Processing, privacy: Privacy) -> Iterator[str]:
    train, control, synthetic = privacy.used
    yield (
        f"The attacks were tried on {train.used:,} training people, {control.used:,} people never "
        f"seen and {synthetic.used:,} synthetic rows. They say little about a release many times "
        "as large, or about several releases put together."
    )
    yield privacy.similarity.verdict
    yield (
        f"{_many(len(privacy.attacks), 'interval')} of 95 % stand above. Where nothing leaks, "
        "about one in forty lies above zero by chance, and one that does seldom comes alone; one "
        "that holds zero does not prove that there is no risk."
    )
    yield (
        "Rates are averages over people. Somebody unusual (very tall, very old, ill with "
        "something rare) can be at a higher risk than the average shows."
    )
    yield (
        "Only the attacks named here were tried, by an attacker who sees the synthetic rows. One "
        "who knows more, or has the model's file, was not. The file has been fitted to personal "
        "data and needs a judgement of its own."
    )
    yield (
        "What the population tells of anybody (that tall people are heavier) can be inferred of "
        "people who were not in the data as well. It is not counted as a risk here, and may still "
        "matter to them."
    )
    if not record.dates:
        yield "The dates of the data are not known, so neither is how long they may be kept."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
