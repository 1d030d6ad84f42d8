"""Settings: flags, then the environment, then bridge.yaml; and no password among them."""

from pathlib import Path

import click
import pytest

from bridge.cli import COMMANDS, bridge
from bridge.errors import InputError
from bridge.settings import checked_url, load_settings


def parsed(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return what the load command would be called with."""
    seen: dict[str, object] = {}
    with bridge.make_context("bridge", arguments) as ctx:
        ctx.invoke(bridge.callback)  # type: ignore[arg-type]
        command = bridge.get_command(ctx, "load")
        assert command
        with command.make_context("load", arguments[1:], parent=ctx) as sub:
            seen.update(sub.params)
    return seen


def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The nearer to the hand, the stronger."""
    Path("bridge.yaml").write_text("url: http://file/openmrs\nuser: file\npopulation: us\n")
    monkeypatch.setenv("BRIDGE_URL", "http://environment/openmrs")
    monkeypatch.setenv("BRIDGE_USER", "environment")
    seen = parsed(["load", "--url", "http://flag/openmrs"], monkeypatch)
    assert (seen["url"], seen["user"], seen["population"]) == (
        "http://flag/openmrs",
        "environment",
        "us",
    )


def test_every_key_of_the_file_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is read and then forgotten."""
    keys = {
        "home": "h",
        "url": "http://x",
        "user": "u",
        "password_file": "p",
        "profile": "bare",
        "mapping": "m.yaml",
        "population": "us",
        "workers": 3,
    }
    Path("bridge.yaml").write_text("".join(f"{key}: {value}\n" for key, value in keys.items()))
    monkeypatch.delenv("BRIDGE_HOME")
    seen = parsed(["load"], monkeypatch)
    assert {k: str(v) for k, v in seen.items() if k in keys or k == "mapping_file"} == {
        "mapping_file" if key == "mapping" else key: str(value) for key, value in keys.items()
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ulr: http://x\n", "bridge.yaml:1: ulr: unknown key, did you mean 'url'"),
        ("url: http://x\npassword: y\n", "password does not belong in this file"),
        ("- url\n", "bridge.yaml:1: keys with values are expected"),
        ("url: {{ URL }}\n", "bridge.yaml:1: a key is plain text"),
    ],
)
def test_a_fault_in_the_file_names_line_and_key(text: str, complaint: str) -> None:
    """Unknown keys are errors: a misspelt one must not be silently without effect."""
    Path("bridge.yaml").write_text(text)
    with pytest.raises(InputError, match=complaint):
        load_settings(Path.cwd())


@pytest.mark.parametrize(
    "url",
    [
        "localhost",
        "ftp://x/openmrs",
        "http://",
        "http://u:p@x/openmrs",
        "u:p@x/openmrs",
        "ftp://u:p@x",
        "http://u:p?@x",
        "http://u:p#@x",
        "",
        "http://x/?a=1",
        "http://x:port/",
        "http://[::1/",
    ],
)
def test_what_is_no_base_address_is_refused(url: str) -> None:
    """A password in the address least of all."""
    with pytest.raises(InputError) as caught:
        checked_url(url)
    assert "u:p" not in str(caught.value)


def test_a_slash_at_the_end_makes_no_other_server() -> None:
    """The record of a run is found again by the address."""
    assert checked_url("https://Demo.org/openmrs/") == "https://Demo.org/openmrs"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_contract_s_name(name: str) -> None:
    """The list of commands is kept apart from the commands: it must not drift."""
    with click.Context(bridge) as ctx:
        command = bridge.get_command(ctx, name)
    assert command
    assert command.name == name
    assert command.help
