"""Every kind of record that the sandbox keeps."""

from collections.abc import Mapping

from bridge.sandbox.catalogue import care, concepts, metadata, people
from bridge.sandbox.kinds import Kind

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (*metadata.KINDS, *concepts.KINDS, *people.KINDS, *care.KINDS)
}
BY_PATH: Mapping[str, Kind] = {kind.path or name: kind for name, kind in KINDS.items()}
