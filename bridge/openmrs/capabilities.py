"""What this very server can do, as far as a plan depends on it: found once, saved with the run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OVERLAPPING: Final = "visits.allowOverlappingVisits"
"""The setting that tells whether a patient may have two visits at once."""

_CONDITIONS_CAME = (2, 2)
"""The core that brought conditions, and diagnoses inside an encounter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a server takes. The defaults are those of every OpenMRS from core 2.5 on."""

    core: str | None = None
    """The version of its core, where the user may know it."""
    modules: dict[str, str] = field(default_factory=dict)
    """Versions by name; empty where the user may not see them."""
    nested_visits: bool = True
    """A visit can be made inside its first encounter, until a server is seen not to."""
    overlapping_visits: bool = False
    diagnoses: bool = True
    """Diagnoses go inside their encounter."""
    orders: bool = True
    """Orders go inside their encounter."""
    conditions: bool = True
    allergies: bool = True
    programs: bool = True
    relationships: bool = True
    immunizations: bool = True
    appointments: bool = False
    attachments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What a server was seen to answer where not every one does."""

    immunizations: bool = True
    appointments: bool = False
    attachments: bool = False


def capabilities_of(
    core: str | None,
    modules: Mapping[str, str],
    settings: Mapping[str, str | None],
    probes: Probes,
) -> Capabilities:
    """Return what follows from a server's versions, settings and answers."""
    has_conditions = _is_at_least(core, _CONDITIONS_CAME)
    return Capabilities(
        core=core,
        modules=dict(modules),
        overlapping_visits=settings.get(OVERLAPPING) == "true",
        diagnoses=has_conditions,
        conditions=has_conditions,
        immunizations=probes.immunizations,
        appointments=probes.appointments,
        attachments=probes.attachments,
    )


def _is_at_least(core: str | None, least: tuple[int, int]) -> bool:
    """Tell whether a core is of a version or later; one that is not shown is taken for new."""
    found = re.match(r"(\d{1,4})\.(\d{1,4})", core or "")
    return found is None or (int(found[1]), int(found[2])) >= least
