"""Every resource type that the sandbox keeps."""

from collections.abc import Mapping

from bridge.sandbox.catalogue import (
    appointments,
    attachments,
    care,
    concepts,
    metadata,
    orders,
    people,
    problems,
    programs,
)
from bridge.sandbox.resource_types import ResourceType

ROOMS = (
    metadata,
    concepts,
    people,
    care,
    orders,
    problems,
    programs,
    appointments,
    attachments,
)
RESOURCE_TYPES: Mapping[str, ResourceType] = {
    kind.name: kind for room in ROOMS for kind in room.RESOURCE_TYPES
}
BY_PATH: Mapping[str, ResourceType] = {
    kind.path or name: kind for name, kind in RESOURCE_TYPES.items() if kind.served
}
