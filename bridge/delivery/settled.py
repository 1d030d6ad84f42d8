"""Which patients of a run are being made right now, for those who are related to them."""

import threading


class SettledPatients:
    """Patients are begun in the order of their numbers; one waits for earlier ones only.

    So nobody waits for somebody who waits for him, or for whom there is no worker left.
    """

    def __init__(self) -> None:
        self._begun: dict[str, None] = {}
        """Those under way, in the order in which they were begun."""
        self._changed = threading.Condition()

    def begin(self, uuid: str) -> None:
        """Take note that a patient is about to be made."""
        with self._changed:
            self._begun[uuid] = None

    def end(self, uuid: str) -> None:
        """Take note that it is known what came of a patient."""
        with self._changed:
            self._begun.pop(uuid, None)
            self._changed.notify_all()

    def wait(self, uuid: str, *, asking: str) -> None:
        """Wait while a patient is being made that was begun before the one who is asking."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_before(uuid, asking))

    def is_under_way(self, uuid: str) -> bool:
        """Tell whether it is not known yet what will come of a patient."""
        with self._changed:
            return uuid in self._begun

    def _is_before(self, uuid: str, asking: str) -> bool:
        first = next((one for one in self._begun if one in (uuid, asking)), None)
        return first == uuid and uuid != asking
