"""What this very server can do, as far as a plan depends on it: found once, saved with the run."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a server can do; what is not known of it is taken for missing."""

    core: str | None = None
    """The version of its core, where the user may know it."""
    modules: dict[str, str] = field(default_factory=dict)
    """Versions by name; empty where the user may not see them."""
    nested_visits: bool = True
    """A visit can be made inside its first encounter, in one transaction."""
    overlapping_visits: bool = False
    diagnoses: bool = False
    """Diagnoses go inside their encounter."""
    orders: bool = False
    """Orders go inside their encounter."""
    conditions: bool = False
    allergies: bool = False
    programs: bool = False
    appointments: bool = False
    immunizations: bool = False
    attachments: bool = False
    relationships: bool = False
