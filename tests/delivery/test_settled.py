"""Who waits for whom while patients are being made."""

import threading

from bridge.delivery.settled import SettledPatients


def test_one_waits_for_those_who_were_begun_before() -> None:
    """Until it is known what came of them."""
    settled = SettledPatients()
    settled.begin("mother")
    settled.begin("child")
    waited = threading.Event()

    def wait() -> None:
        settled.wait("mother", asking="child")
        waited.set()

    threading.Thread(target=wait, daemon=True).start()
    assert not waited.wait(0.05)
    settled.end("mother")
    assert waited.wait(2)


def test_nobody_waits_for_those_who_were_begun_later() -> None:
    """Else two who name each other would wait for ever, or one for whom no worker is left."""
    settled = SettledPatients()
    settled.begin("mother")
    settled.begin("child")
    settled.wait("child", asking="mother")
    assert settled.is_under_way("child")


def test_nobody_waits_for_himself_or_for_a_stranger() -> None:
    """Who is not under way may be there from an earlier run."""
    settled = SettledPatients()
    settled.begin("child")
    settled.wait("child", asking="child")
    settled.wait("grandmother", asking="child")
    assert not settled.is_under_way("grandmother")
