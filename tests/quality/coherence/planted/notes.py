"""Notes that numbers contradict."""

from tests.quality.coherence import lives
from tests.quality.coherence.chart import (
    NEGATIVE,
    POSITIVE,
    Chart,
    note,
    result,
)
from tests.quality.coherence.lives import DAY, days
from tests.quality.coherence.planting import (
    Draw,
    Planted,
    adult,
    child,
    measured,
)

# --- notes ---


WORDS = (
    ("Afebrile, looks well.", {"temp": (38.3, 39.8)}, 30, "note_afebrile"),
    ("No fever. Chest clear.", {"temp": (38.3, 39.8)}, 300, "note_afebrile"),
    ("Febrile, hot to touch.", {"temp": (36.2, 37.0)}, 30, "note_febrile"),
    ("SpO2 normal, chest clear.", {"spo2": (78, 90)}, 30, "note_oxygen_normal"),
    ("Saturating well on air.", {"spo2": (78, 90)}, 400, "note_oxygen_normal"),
    ("Hypoxic, oxygen given.", {"spo2": (96, 99)}, 30, "note_oxygen_low"),
    ("No fast breathing.", {"breaths": (61, 75)}, 6, "note_breaths_normal"),
    ("Breathing normally.", {"breaths": (52, 59)}, 30, "note_breaths_normal_child"),
    ("Fast breathing.", {"breaths": (24, 30)}, 30, "note_breaths_fast_child"),
    ("Fast breathing.", {"breaths": (26, 38)}, 7, "note_breaths_fast"),
    ("Breathing normally.", {"breaths": (29, 40)}, 500, "note_breaths_normal_adult"),
    ("Tachypnoeic.", {"breaths": (12, 16)}, 400, "note_breaths_fast_adult"),
    ("BP well controlled.", {"sbp": (156, 190), "dbp": (80, 82)}, 700, "note_pressure_normal"),
    ("Normotensive.", {"sbp": (156, 190), "dbp": (80, 82)}, 700, "note_pressure_normal"),
    (
        "Blood pressure still raised.",
        {"sbp": (104, 124), "dbp": (70, 72)},
        700,
        "note_pressure_high",
    ),
    ("Tachycardic.", {"pulse": (58, 78)}, 500, "note_pulse_fast"),
    ("Well nourished child.", {"muac": (10, 11.3)}, 20, "note_nourished"),
    ("Severely wasted.", {"muac": (14, 16)}, 20, "note_wasted"),
)


def words_against_numbers(rng: Draw) -> Planted:
    text, vitals, months, rule = rng.pick(WORDS)
    values = {name: round(rng.uniform(*span), 1) for name, span in vitals.items()}
    chart = Chart("F", born=DAY - days(30.5 * months), name=text)
    return chart.visit(DAY, note(text), **values), rule


QUOTES = (
    ("Temperature {}.", "temp", (36.2, 39.9)),
    ("T {} today, chest clear.", "temp", (36.2, 39.9)),
    ("Weight {} kg.", "weight", (40, 90)),
    ("Pulse {}, regular.", "pulse", (60, 110)),
    ("SpO2 {} % on air.", "spo2", (93, 99)),
    ("RR {}.", "breaths", (16, 30)),
    ("Height {} cm.", "height", (150, 180)),
)


def quoted_otherwise(rng: Draw) -> Planted:
    text, name, span = rng.pick(QUOTES)
    value = round(rng.uniform(*span), 1 if name in ("temp", "weight", "height") else 0)
    wrong = value - rng.choice((2, 3, 5)) if name == "spo2" else value + rng.choice((2, 3, 5))
    shown = f"{wrong:.1f}" if name in ("temp", "weight", "height") else f"{wrong:.0f}"
    return adult(rng).visit(DAY, note(text.format(shown)), **{name: value}), "note_quotes"


def pressure_quoted_otherwise(rng: Draw) -> Planted:
    sbp, dbp = rng.randint(110, 150), rng.randint(70, 95)
    text = rng.choice(("BP {}/{} mmHg.", "Blood pressure {}/{}.", "BP: {}/{}"))
    made = note(text.format(sbp + rng.choice((6, 10)), dbp))
    return adult(rng).visit(DAY, made, sbp=sbp, dbp=dbp), "note_quotes"


TESTS = (
    ("RDT positive, treated.", (1643, "Rapid test for malaria"), NEGATIVE, "note_malaria_positive"),
    ("Malaria test negative.", (32, "Malarial smear"), POSITIVE, "note_malaria_negative"),
    ("HIV test positive.", (163722, "Rapid test for HIV"), NEGATIVE, "note_hiv_positive"),
    ("HIV test negative.", (163722, "Rapid test for HIV"), POSITIVE, "note_hiv_negative"),
)


def test_said_otherwise(rng: Draw) -> Planted:
    text, test, answer, rule = rng.pick(TESTS)
    return adult(rng).visit(DAY, note(text), result(*test, answer)), rule


COUNTS = (
    ("Hb {}.", (21, "Haemoglobin"), 9.4, 12.1, "g/dL"),
    ("HbA1c {} %.", (159644, "HbA1c"), 7.2, 9.1, "%"),
    ("CD4 {}, counselled.", (5497, "CD4 count"), 210, 410, "cells/uL"),
    ("Viral load {} copies.", (856, "HIV viral load"), 20, 1400, "copies/ml"),
)


def result_quoted_otherwise(rng: Draw) -> Planted:
    text, test, said, measured_, unit = rng.pick(COUNTS)
    chart = adult(rng).has(138405, "HIV disease", DAY - days(900))
    return chart.visit(DAY, note(text.format(said)), result(*test, measured_, unit)), "note_quotes"


def vaccines_that_nobody_gave(rng: Draw) -> Planted:
    text = rng.choice(("Well child. Vaccines given.", "Immunised. Card returned."))
    return child(rng, 1, 20).visit(DAY, note(text), weight=8), "note_vaccines_given"


def note_with_a_gap(rng: Draw) -> Planted:
    text = rng.choice(("Well, T nan C, weight nan kg.", "Back in {days} days.", "Weight None kg."))
    return any_life_with(rng, text), "note_unfilled"


def any_life_with(rng: Draw, text: str) -> Chart:
    """Return a clean chart with one more note."""
    chart = rng.choice(lives.LIVES)()
    day = max(visit.start.date() for visit in chart.visits)
    return chart.visit(day + days(3), note(text))


def note_of_a_woman(rng: Draw) -> Planted:
    made = note(rng.choice(("Fundal height 28 cm.", "Last menstrual period in March.")))
    return adult(rng, "M").visit(DAY, made), "note_of_a_woman"


def note_of_a_man(rng: Draw) -> Planted:
    made = note("The prostate is enlarged and firm.")
    return adult(rng, "F").visit(DAY, made), "note_of_a_man"


def note_of_an_adult(rng: Draw) -> Planted:
    made = note(rng.choice(("Patient quit smoking at age 18.", "She smokes 10 a day.")))
    return child(rng, 1, 100).visit(DAY, made), "note_of_an_adult"


def note_swapped(rng: Draw) -> Planted:
    """The notes of a fevering child in the chart of one that is well."""
    patient = lives.malaria().patient()
    made = measured(patient, "temperature_c", lambda value: 38.9 if value < 38 else 36.6)
    return made, "note_quotes"
