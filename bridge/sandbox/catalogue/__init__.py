"""Every kind of record that the sandbox keeps."""

from collections.abc import Mapping

from bridge.sandbox.catalogue import care, concepts, metadata, people
from bridge.sandbox.resource_types import ResourceType

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    kind.name: kind
    for kind in (
        *metadata.RESOURCE_TYPES,
        *concepts.RESOURCE_TYPES,
        *people.RESOURCE_TYPES,
        *care.RESOURCE_TYPES,
    )
}
BY_PATH: Mapping[str, ResourceType] = {
    kind.path or name: kind for name, kind in RESOURCE_TYPES.items()
}
