"""A short scenario by hand, and ways to spoil it."""

SHORT = """\
title: A cold
mark: T01
country: kenya
setting: A clinic
story: A boy with a runny nose.
decision: visit-2
patient:
  sex: M
  age: 18 months
  background:
    no_known_allergies: true
    vaccines: [{age: 6 weeks, vaccines: [{vaccine: 82215 Pneumococcal vaccine, dose: 1}]}]
  visits:
    - day: -5
      complaint: Cough.
      finding: Well.
      vitals: {temperature_c: 37.4, resp_rate_bpm: 34, weight_kg: 10.1}
      diagnoses: [{diagnosis: 106 Acute Coryza}]
      conditions: [106 Acute Coryza]
      programs: [{program: Child welfare and immunisation}]
      appointment: {service: Child welfare clinic, in_days: 3}
      plan: Fluids.
    - day: -2
      complaint: Fever.
      finding: Fast breathing, 44 breaths.
      vitals: {temperature_c: 38.6, resp_rate_bpm: 44, weight_kg: 10.0}
      results: [{test: 21 Haemoglobin, value: 10.9, unit: g/dL}]
      diagnoses: [{diagnosis: 114100 Pneumonia}]
      drugs:
        - {drug: Amoxicillin Dispersible Tablet 250mg, dose: 2, unit: Tablet, route: Oral,
           frequency: Twice daily, days: 5, indication: 114100 Pneumonia, source: imci}
      vaccines: [{vaccine: 162586 Measles-Rubella vaccine, dose: 1}]
      plan: Amoxicillin at home.
    - day: 0
      complaint: Better.
      vitals: {temperature_c: 36.9, resp_rate_bpm: 30}
      drugs:
        - {drug: Amoxicillin Dispersible Tablet 250mg, dose: 2, unit: Tablet, route: Oral,
           frequency: Twice daily, days: 3, indication: 114100 Pneumonia, source: imci}
      resolved: [106 Acute Coryza]
      plan: Home.
others:
  - role: mother
    relation: parent
    sex: F
    age: 24 years
    visits:
      - {day: -2, at: "09:00", complaint: Tired., vitals: {pulse_bpm: 80}, plan: Rest.}
      - {day: -1, complaint: Well., vitals: {pulse_bpm: 78}, plan: None.}
questions:
  - {ask: What is it?, answer: "Pneumonia, by 44 breaths."}
learning_points: [Count the breaths.]
figures: [{figure: 40 breaths from 12 months, source: imci}]
sources:
  imci: {title: IMCI, where: p. 2, verified: "yes"}
"""


def spoilt(old: str, new: str) -> str:
    """Return the short scenario with something else in the place of a part of it."""
    assert old in SHORT
    return SHORT.replace(old, new, 1)
