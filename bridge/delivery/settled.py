"""Which patients of a run are being made right now, for those who are related to them."""

import threading


class SettledPatients:
    """Patients are begun in the order of their numbers: whoever is waited for was begun before."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._changed = threading.Condition()

    def begin(self, uuid: str) -> None:
        """Take note that a patient is about to be made."""
        with self._changed:
            self._begun.add(uuid)

    def end(self, uuid: str) -> None:
        """Take note that it is known what came of a patient."""
        with self._changed:
            self._begun.discard(uuid)
            self._changed.notify_all()

    def wait(self, uuid: str) -> None:
        """Wait while a patient is being made."""
        with self._changed:
            self._changed.wait_for(lambda: uuid not in self._begun)
