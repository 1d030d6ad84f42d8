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
Every message says what, where, and what to do.
"""

from pathlib import Path


class BridgeError(Exception):
    """Anything bridge stops for. Its text is shown to the user as it is."""

    exit_code = 1


class InputError(BridgeError):
    """Something the user gave is wrong; `place` says where (file:line key)."""

    exit_code = 2

    def __init__(self, message: str, *, place: str | Path | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


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
