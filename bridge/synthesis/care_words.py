"""The words that a note's phrases are filled with: this visit's numbers, drugs and dates."""

from collections.abc import Mapping, Sequence

import numpy as np

from bridge.chart import DrugOrder, Entry
from bridge.histories.care.package import tests
from bridge.histories.care.randomness import uniforms
from bridge.synthesis.care_arrays import CareArrays

_ILL_DAYS = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7)
"""How long people were ill before they came, in days (a choice)."""


class Words(dict[str, str]):
    """Words by name; one that is missing is a mistake of the module and is shown as `?`."""

    def __missing__(self, key: str) -> str:
        return "?"


def words_of(
    arrays: CareArrays,
    event: int,
    visit: int,
    found: Mapping[tuple[int, str], Sequence[Entry]],
) -> Words:
    """Return the words for the note of one event."""
    record = arrays.record
    story = record.story
    person = int(story.events.person[event])
    clients = story.clients
    woman = clients.sex[person] == "F"
    values = dict(zip(record.values, arrays.values[visit].tolist(), strict=True))
    days = (story.events.day[event] - clients.birth[person]).astype(int)
    draw = float(uniforms(story.events.keys[event : event + 1], "days ill")[0])
    words = Words(
        days=str(_ILL_DAYS[int(draw * len(_ILL_DAYS))]),
        age=age_in_words(int(days)),
        temperature=f"{values['temperature_c']:.1f} C",
        pulse=f"{values['pulse_bpm']:.0f}/min",
        breaths=f"{values['resp_rate_bpm']:.0f}/min",
        spo2=f"{values['spo2_pct']:.0f} %",
        bp=f"{values['sbp_mmhg']:.0f}/{values['dbp_mmhg']:.0f}",
        weight=f"{values['weight_kg']:.1f} kg",
        height=f"{values['height_cm']:.0f} cm",
        muac=f"{values['muac_cm']:.1f} cm",
        drugs=_drugs(found.get((visit, "order"), ())),
        next=_next(record.days_to_next[event]),
        weeks=_weeks(arrays, person, event),
    )
    he = ("she", "her", "her") if woman else ("he", "him", "his")
    for name, word in zip(("he", "him", "his"), he, strict=True):
        words[name], words[name.capitalize()] = word, word.capitalize()
    first, last = np.searchsorted(record.results.event, [event, event + 1])
    for place in range(int(first), int(last)):
        test = tests()[record.results.test[place]]
        answer = record.results.answer[place]
        number = f"{record.results.number[place]:.{test.decimals}f} {in_words(test.unit)}".strip()
        words[record.results.test[place]] = answer.replace("_", " ") if answer else number
    return words


def _drugs(entries: Sequence[Entry]) -> str:
    given = [entry for entry in entries if isinstance(entry, DrugOrder)]
    names = [
        f"{one.drug.text} {one.dose.value:g} {one.dose.unit.lower()} {one.frequency.text.lower()}"
        for one in given
        if one.dose and one.frequency
    ]
    return "; ".join(names) or "No drugs needed"


def _next(days: float) -> str:
    if np.isnan(days) or days < 1:
        return "if not better"
    if days == 1:
        return "tomorrow"
    if days <= 10:
        return f"in {days:.0f} days"
    if days < 70:
        weeks = round(days / 7)
        return f"in {weeks} weeks"
    return f"in {round(days / 30.44)} months"


def _weeks(arrays: CareArrays, person: int, event: int) -> str:
    story = arrays.record.story
    since = story.conceived[person]
    if np.isnat(since):
        return "?"
    return str(int((story.events.day[event] - since).astype(int)) // 7)


def in_words(unit: str) -> str:
    """Return a UCUM unit as clinicians write it."""
    for written, said in (("10*3/uL", "x 10^3/uL"), ("{", ""), ("}", ""), ("[", ""), ("]", "")):
        unit = unit.replace(written, said)
    return unit


def age_in_words(days: int) -> str:
    """Return an age as clinicians write it: days, weeks, months, then years."""
    if days < 14:
        return f"{days} days"
    if days < 60:
        return f"{days // 7} weeks"
    if days < 730:
        return f"{int(days / 30.44)} months"
    return f"{int(days / 365.25)} years"
