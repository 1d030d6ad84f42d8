"""What a campaign finds: each fault once, by where it was raised."""

import traceback
from pathlib import Path


def save_finding(error: Exception, data: bytes, places: set[str], start: Path) -> None:
    """Write the input of a fault that is new beside its traceback."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__}@{Path(frame.filename).name}:{frame.lineno}"
    if place not in places:
        places.add(place)
        path = Path(f"{start}-finding-{len(places)}")
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(traceback.format_exc(), encoding="utf-8")
