"""What to do about an error, in the words of the command line: its commands and its flags."""

from collections.abc import Collection

from bridge.errors import BridgeError, Remedy

_SENTENCES = {
    Remedy.SETUP: "`bridge setup` makes what is missing",
    Remedy.LOAD: "`bridge load` makes a new one",
    Remedy.LIST_RUNS: "`bridge runs` lists them",
    Remedy.RESUME: "What was accepted is kept: `bridge resume {name}`",
    Remedy.UNDO: "`bridge undo {name}` goes on with that",
    Remedy.UNDO_MARKED: "Its patients can be taken off with `bridge undo --marked {name}`",
    Remedy.PUT_BACK: "Put it back, or `bridge undo {name}` and load anew",
}

_OPTIONS = {
    "user": "--user or BRIDGE_USER",
    "password": "--password-file or BRIDGE_PASSWORD",
    "ca_file": "--ca-file",
    "url": "--url",
    "home": "BRIDGE_HOME",
    "seed": "--seed",
    "as_of": "--as-of",
}

_TO_SAY = {
    "among_others": "if it is no real hospital, say --yes",
    "agreed": "to make it, say --yes",
}
"""What a person has to say by a flag, for nobody was there to be asked."""


def worded(error: BridgeError, *, without: Collection[Remedy] = ()) -> str:
    """Return what an error says, and what can be done about it."""
    text = str(error)
    hints = [hint for hint in error.hints if hint.remedy not in without]
    for name in (hint.name for hint in hints if hint.remedy is Remedy.OPTION):
        text += f": {_TO_SAY[name]}" if name in _TO_SAY else ""
    if flags := [_OPTIONS[name] for remedy, name in hints if (remedy, name) in _FLAGS]:
        text += f" (see {', '.join(flags)})"
    for remedy, name in hints:
        if remedy in _SENTENCES:
            text += f". {_SENTENCES[remedy].format(name=name)}"
    return text


_FLAGS = {(Remedy.OPTION, name) for name in _OPTIONS}
