"""Starting: help and completion answer at once, because nothing heavy is imported for them."""

import subprocess
import sys

import pytest
from fleetctl.context import Context, Contexts

# Not pydantic: typer itself reads options with it.
HEAVY = ("asyncio", "fastapi", "henge_server", "httpx", "rich", "yaml")
LOOK = f"""
import sys
from fleetctl.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    print("HEAVY", sorted(set(sys.modules) & set({HEAVY!r})))
"""


@pytest.mark.parametrize("args", [("--help",), ("config", "set", "--help"), ("up", "--help"), ("demo", "--help")])
def test_nothing_heavy_is_imported_when_help_is_asked_for(args):
    said = subprocess.run([sys.executable, "-c", LOOK, *args], capture_output=True, text=True, check=True).stdout
    assert "Usage: fleetctl" in said
    assert said.splitlines()[-1] == "HEAVY []"


def complete(line: str, **env: str) -> list[str]:
    """What a shell is offered for the last word of a line."""
    words = line.split(" ")
    found = subprocess.run(
        [sys.executable, "-m", "fleetctl"],
        env={"PATH": "/usr/bin:/bin", "_FLEETCTL_COMPLETE": "complete_bash", "COMP_WORDS": line, **env}
        | {"COMP_CWORD": str(len(words) - 1)},
        capture_output=True,
        text=True,
    )
    assert found.stderr == ""
    return found.stdout.split()


def test_ids_keys_and_values_are_offered_when_the_server_is_there(fleetctl, lamp, home):
    config = str(home / "config")
    assert lamp in complete("fleetctl config get lam", XDG_CONFIG_HOME=config)
    assert complete(f"fleetctl config get {lamp} led.b", XDG_CONFIG_HOME=config) == ["led.brightness"]
    assert complete(f"fleetctl config set {lamp} led.mode=b", XDG_CONFIG_HOME=config) == [
        "led.mode=blink",
        "led.mode=breathe",
    ]
    assert complete("fleetctl --context h", XDG_CONFIG_HOME=config) == ["home"]


def test_nothing_is_offered_and_nothing_said_when_the_server_is_away(home):
    Contexts().put(Context("home", "http://127.0.0.1:1", "t"), current_if_none=True)
    assert complete("fleetctl config get p", XDG_CONFIG_HOME=str(home / "config")) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_there_when_a_shell_asks(shell):
    argv = [sys.executable, "-m", "fleetctl", "--show-completion"]
    env = {"PATH": "/usr/bin:/bin", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    said = subprocess.run([*argv, shell], env=env, capture_output=True, text=True, check=True).stdout
    assert "_FLEETCTL_COMPLETE" in said
