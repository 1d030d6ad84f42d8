"""What the command line makes of an error's hints."""

from pathlib import Path

from bridge.cli.advice import worded
from bridge.errors import Hint, InputError, LedgerError, Remedy, option


def test_each_hint_becomes_a_command_or_a_flag() -> None:
    """And the place stands before it all."""
    error = InputError("cannot be used", place=Path("x"), hints=(*option("user"), *option("url")))
    assert worded(error) == "x: cannot be used (see --user or BRIDGE_USER, --url)"
    error.advise(Hint(Remedy.RESUME, "run-1"))
    assert worded(error).endswith(". What was accepted is kept: `bridge resume run-1`")
    assert "resume" not in worded(error, without={Remedy.RESUME})
    assert error.place == Path("x")


def test_every_remedy_has_words() -> None:
    """Or an error would say less than it knows."""
    for remedy in Remedy:
        plain, hinted = LedgerError("x"), LedgerError("x", hints=(Hint(remedy, "user"),))
        assert len(worded(hinted)) > len(worded(plain)), remedy
