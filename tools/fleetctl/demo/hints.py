"""Hints: three commands to try against the demo, complete as they stand. Pure."""

import shlex
from pathlib import Path

from fleetctl.demo.ground import CONTEXT


def hints(url: str, token_file: Path, dev: str) -> list[str]:
    """Lines to print, each within 80 characters: one that a terminal breaks cannot be copied.

    `dev` is how the checkout's command is called (`./dev`); empty where fleetctl is installed.
    """
    fleetctl = f"{dev} fleetctl".strip() + f" --context {CONTEXT}"
    return [
        f"{fleetctl} config set porch led.color=#00ff66 --wait 5s",
        f"{fleetctl} watch",
        "curl -X PATCH \\",
        f'  -H "Authorization: Bearer $(cat {shlex.quote(str(token_file))})" \\',
        "  -H 'Content-Type: application/json' -d '{\"led.mode\": \"breathe\"}' \\",
        f"  '{url}/api/v1/devices/garden/config?wait=5'",
    ]
