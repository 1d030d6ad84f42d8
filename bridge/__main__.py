"""`bridge` and `python -m bridge`: the one place that catches errors and exits."""

import sys
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

import click

from bridge.errors import BridgeError
from bridge.wording import harmless


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    if not sys.warnoptions:  # other libraries' words to programmers are not for its users
        warnings.simplefilter("ignore")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str], clock: Callable[[], datetime] | None = None) -> int:
    """Run one command; say what went wrong in one line and return the exit code.

    `clock` tells the time in place of the machine's own.
    """
    from bridge.cli import bridge

    try:
        code = bridge.main(arguments, prog_name="bridge", standalone_mode=False, obj=clock)
    except BridgeError as error:
        from bridge.cli.advice import worded

        return _say(worded(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "bridge"
        return _say(f"{error.format_message()} (see {command} --help)", 2)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped", 130)
    except Exception as error:
        from bridge.cli.faults import FAULT, write_fault

        return _say(write_fault(error), FAULT)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int) -> int:
    line = " ".join(message.splitlines())
    click.echo(f"bridge: {harmless(line)}", err=True)
    return code


if __name__ == "__main__":
    main()
