"""The entry kinds, a module each: to add one is to write its module and its row here."""

from typing import Final

from bridge.delivery.kinds import (
    allergies,
    appointments,
    attachments,
    conditions,
    deaths,
    diagnoses,
    drug_orders,
    enrollments,
    immunizations,
    laboratory_orders,
    no_known_allergies,
    observations,
    relationships,
)
from bridge.delivery.kinds.kind import EntryKind

KINDS: Final[tuple[EntryKind, ...]] = (
    observations.KIND,
    diagnoses.KIND,
    drug_orders.KIND,
    laboratory_orders.KIND,
    attachments.KIND,
    conditions.KIND,
    allergies.KIND,
    no_known_allergies.KIND,
    immunizations.KIND,
    enrollments.KIND,
    appointments.KIND,
    relationships.KIND,
    deaths.KIND,
)
"""In the order in which a patient's are sent."""

BY_ENTRY: Final = {entry: kind for kind in KINDS for entry in kind.entries}

BY_NAME: Final = {kind.name: kind for kind in KINDS}
