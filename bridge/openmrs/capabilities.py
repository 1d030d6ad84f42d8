"""What one server can do, as far as the requests depend on it; saved with the run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a server takes. The defaults are those of every OpenMRS from core 2.5 on."""

    nested_visits: bool = True
    """A visit can be made inside its first encounter."""
    diagnoses: bool = True
    orders: bool = True
    conditions: bool = True
    allergies: bool = True
    programs: bool = True
    relationships: bool = True
    immunizations: bool = True
    appointments: bool = False
    attachments: bool = False
    overlapping_visits: bool = False
