"""bridge fills an OpenMRS server with believable, private, reproducible patients.

What the commands do is here as functions: `bridge.load`, `bridge.generate`, `bridge.check`,
`bridge.resume`, `bridge.verify`, `bridge.undo` (see bridge.library), imported when first used.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bridge.library import Server, check, generate, load, resume, undo, verify

__all__ = ["Server", "__version__", "check", "generate", "load", "resume", "undo", "verify"]


def __getattr__(name: str) -> Any:
    """Import the library when one of its functions is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'bridge' has no attribute {name!r}")
    from bridge import library

    return getattr(library, name)
