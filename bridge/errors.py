"""The errors that bridge raises, and the exit code of each.

BridgeError
├── InputError            2   a flag, a setting, a mapping or an input file is wrong
│   └── MissingExtra      2   the command needs an optional part that is not installed
├── ServerError           3   the server cannot be used
│   ├── Unreachable       3   nothing answers, or not in time
│   ├── SignInRefused     3   the name or the password is wrong
│   └── Unfit             3   it answers, and a load would fail
├── LedgerError           4   the run's own record is damaged, in use or belongs to other inputs
│   └── RecipeChanged     4   what its patients follow from has changed
└── Interrupted         130   the user stopped it

One record that the server refuses is a value (an outcome), not an error.
An error's text says what and where. What to do stands beside it as hints: the command line words
them as its commands and flags, a program can act on them.
"""

from enum import Enum
from pathlib import Path
from typing import NamedTuple


class Remedy(Enum):
    """What can be done about an error."""

    OPTION = "give another value of an option"
    SETUP = "make what the server lacks"
    LOAD = "load anew"
    LIST_RUNS = "look which runs there are"
    RESUME = "go on with the run"
    UNDO = "take the run's patients off, or go on with that"
    UNDO_MARKED = "take the run's patients off, found by their mark"
    PUT_BACK = "put back what was changed, or take the run's patients off and load anew"


class Hint(NamedTuple):
    """What to do about an error; `name` is the option's or the run's."""

    remedy: Remedy
    name: str = ""


class BridgeError(Exception):
    """Anything bridge stops for: what is wrong, where, and what can be done."""

    exit_code = 1

    def __init__(
        self, what: str, *, place: str | Path | None = None, hints: tuple[Hint, ...] = ()
    ) -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.hints = hints

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what

    def advise(self, hint: Hint) -> None:
        """Add a hint that only a caller knows, before the error goes on."""
        self.hints += (hint,)


class InputError(BridgeError):
    """Something the user gave is wrong; `place` says where (file:line key)."""

    exit_code = 2


class MissingExtra(InputError):
    """A command needs an optional dependency."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f'{what} needs bridge\'s {extra} extra: pip install "openmrs-bridge[{extra}]"'
        )
        self.extra = extra


class ServerError(BridgeError):
    """The server cannot be used for this."""

    exit_code = 3


class Unreachable(ServerError):
    """Nothing at the address answers as an OpenMRS should."""


class SignInRefused(ServerError):
    """The server does not accept the name and password."""


class Unfit(ServerError):
    """The server answers, but a load would fail on it."""


class LedgerError(BridgeError):
    """The local record of a run cannot be used."""

    exit_code = 4


class RecipeChanged(LedgerError):
    """What a run's patients follow from is not what it was; the text says what is other."""


class Interrupted(BridgeError):
    """The user stopped a run; what was accepted is in the ledger."""

    exit_code = 130


def option(name: str) -> tuple[Hint, ...]:
    """Return the hint that an option is to be given, or given otherwise."""
    return (Hint(Remedy.OPTION, name),)
