"""The vital signs that bridge makes itself: names, units and decimals.

A measurement's name carries its unit (`height_cm`); the same names head the columns of every
table and key the mapping.
"""

MEASUREMENTS = (
    "height_cm",
    "weight_kg",
    "muac_cm",
    "head_circ_cm",
    "sbp_mmhg",
    "dbp_mmhg",
    "pulse_bpm",
    "temperature_c",
    "resp_rate_bpm",
    "spo2_pct",
)
"""Every measurement bridge knows, in the order of its tables."""

DECIMALS = {
    "height_cm": 1,
    "weight_kg": 1,
    "muac_cm": 1,
    "head_circ_cm": 1,
    "sbp_mmhg": 0,
    "dbp_mmhg": 0,
    "pulse_bpm": 0,
    "temperature_c": 1,
    "resp_rate_bpm": 0,
    "spo2_pct": 0,
}
"""How many decimals a measurement's values are written with."""


UCUM = {
    "height_cm": "cm",
    "weight_kg": "kg",
    "muac_cm": "cm",
    "head_circ_cm": "cm",
    "sbp_mmhg": "mm[Hg]",
    "dbp_mmhg": "mm[Hg]",
    "pulse_bpm": "/min",
    "temperature_c": "Cel",
    "resp_rate_bpm": "/min",
    "spo2_pct": "%",
}
"""The unit that a measurement's values are in. Nothing converts them."""
