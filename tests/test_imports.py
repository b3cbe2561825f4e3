"""Who may import whom, read from the source without running it.

The rules are data at the top; the checker below is itself tried on a small tree with planted violations. A package that
does not exist breaks no rule.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from henge_agent.passing import NAMES

ROOT = Path(__file__).parents[1]
FOLDERS = ("agent", "broker", "tools")
# Modules that a board, or MicroPython on Linux, has built in and CPython has not.
ON_BOARDS = frozenset(
    {"bluetooth", "cryptolib", "deflate", "dht", "ds18x20", "esp32", "ffi", "machine", "micropython"}
    | {"neopixel", "network", "ntptime", "onewire", "rp2", "tls", "uctypes", "vfs"}
)
STANDARD = sys.stdlib_module_names | {"__future__"}


@dataclass(frozen=True)
class Rule:
    """What a package may import: of ours, and of others (None: whatever pyproject.toml declares)."""

    ours: frozenset[str]
    others: frozenset[str] | None = None


RULES = {
    "henge_protocol": Rule(frozenset(), frozenset({"cbor2"}) | ON_BOARDS),
    # `drivers` is what somebody has put on a board beside the agent
    "henge_agent": Rule(frozenset({"henge_protocol"}), frozenset({"cryptography", "drivers", "gpiozero"}) | ON_BOARDS),
    "henge_mqtt": Rule(frozenset(), frozenset({"uvloop"})),
    "henge_server": Rule(frozenset({"henge_protocol", "henge_mqtt"})),
    "fleetctl": Rule(frozenset({"henge_protocol"})),
    "fleetsim": Rule(frozenset({"henge_agent", "henge_protocol"})),
    "firmware": Rule(
        frozenset({"henge_agent"}), ON_BOARDS | {"board"}
    ),  # a board's files, which lie side by side on it
}

# `fleetctl up` starts the server, and imports it at the call.
EXCEPTIONS = {("fleetctl.commands.up", "henge_server")}

# No board carries these, so they may hold what a board forgets.
ON_COMPUTERS = frozenset({"henge_agent.__main__", "henge_protocol.schema"})

# Slow to import; `fleetctl --help` must not wait for them.
HEAVY = frozenset({"fastapi", "pydantic", "pydantic_settings", "uvicorn", "henge_server"})

# A change flows one way through the server: what stands above the store reads its feed and calls nobody sideways.
ABOVE_STORE = frozenset({"api", "intake", "push", "watch", "presence", "access", "mqtt", "server", "http", "web"})
SERVER = {
    "store": ABOVE_STORE,
    "push": frozenset({"api", "intake", "watch", "server"}),
    "watch": frozenset({"api", "intake", "push", "server"}),
    "intake": frozenset({"api", "push", "server"}),
    "api": frozenset({"intake", "push", "server"}),
}


@dataclass(frozen=True)
class Import:
    """One import: who (`fleetctl.commands.up`), what (`henge_server.server`), and whether it runs with the module."""

    module: str
    target: str
    at_module_level: bool
    line: int


def imports(path: Path, module: str) -> Iterator[Import]:
    """Every import of a file, also those inside functions; relative ones are made absolute."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(node: ast.AST, top: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            for target in targets(child, package):
                yield Import(module, target, top, getattr(child, "lineno", 0))
            yield from walk(child, top and not runs_later(child))

    yield from walk(ast.parse(path.read_text()), True)


def runs_later(node: ast.AST) -> bool:
    """Whether what the node holds does not run when the module is imported: a function, or `if TYPE_CHECKING`."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def targets(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, base] if base else above)
        return [f"{base}.{alias.name}" for alias in node.names]
    return []


def files(root: Path) -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*/**/*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            if parts[0] in RULES:
                yield path, ".".join(parts).removesuffix(".__init__")
    for path in sorted((root / "firmware").glob("*/*.py")):
        yield path, ".".join(path.relative_to(root).with_suffix("").parts)


def fault(found: Import) -> str | None:
    """Why this import is not allowed, or None."""
    package, target = found.module.partition(".")[0], found.target.partition(".")[0]
    rule = RULES[package]
    if package == "fleetctl" and target in HEAVY and found.at_module_level:
        return "is slow to import: do it inside the function that needs it"
    if target == package:
        return sideways(found)
    if target in RULES:
        allowed = target in rule.ours or (found.module, target) in EXCEPTIONS
        return None if allowed else f"is not for {package}"
    if rule.others is None or target in STANDARD or target in rule.others:
        return None
    return f"is a package that {package} does without"


def sideways(found: Import) -> str | None:
    who, what = (f"{name}..".split(".")[1] for name in (found.module, found.target))
    if found.module.startswith("henge_server.") and what in SERVER.get(who, ()):
        return f"stands beside or above {who}: go through the store"
    return None


def violations(root: Path) -> list[str]:
    """One line for each import that breaks a rule."""
    return [
        f"{path.relative_to(root)}:{found.line}: {found.target} {reason}"
        for path, module in files(root)
        for found in imports(path, module)
        if (reason := fault(found))
    ]


def test_every_import_is_allowed() -> None:
    assert violations(ROOT) == []


def test_what_a_board_forgets_is_imported_only_where_it_is_needed() -> None:
    passing = tuple(f"{package}.{name}" for package in NAMES for name in NAMES[package])
    for path, module in files(ROOT):
        if module.startswith(("henge_agent", "henge_protocol")) and module not in (*passing, *ON_COMPUTERS):
            found = [each.target for each in imports(path, module) if each.at_module_level]
            assert not [target for target in found if target.startswith(passing)], f"{module} holds what passes"


@pytest.mark.parametrize(
    ("file", "line", "breaks"),
    [
        ("agent/henge_protocol/topics.py", "import henge_agent.sync", True),
        ("agent/henge_protocol/cbor.py", "import cbor2", False),
        ("agent/henge_protocol/cbor.py", "import pydantic", True),
        ("agent/henge_agent/agent.py", "from henge_server import models", True),
        ("agent/henge_agent/board.py", "import machine, json", False),
        ("agent/henge_agent/link.py", "import paho.mqtt.client", True),
        ("broker/henge_mqtt/broker.py", "from henge_protocol import topics", True),
        ("broker/henge_mqtt/__main__.py", "def main():\n    import uvloop", False),
        ("broker/henge_server/push.py", "from henge_agent import slots", True),
        ("broker/henge_server/store/lmdb.py", "from ..push import Push", True),
        ("broker/henge_server/store/lmdb.py", "from .. import api", True),
        ("broker/henge_server/store/lmdb.py", "from ..models import Device", False),
        ("broker/henge_server/api/devices.py", "from henge_server.push import Push", True),
        ("broker/henge_server/api/devices.py", "from henge_server.store import Store", False),
        ("tools/fleetctl/cli.py", "import fastapi", True),
        ("tools/fleetctl/cli.py", "def main():\n    import henge_server.server", True),
        ("tools/fleetctl/commands/up.py", "def up():\n    from henge_server import server", False),
        ("tools/fleetctl/commands/up.py", "from henge_server import server", True),
        ("tools/fleetctl/commands/up.py", "if TYPE_CHECKING:\n    from henge_server import server", False),
        ("firmware/pico/board.py", "import machine, os\nfrom henge_agent.board import Board", False),
        ("firmware/pico/main.py", "from board import Pico", False),
        ("firmware/pico/board.py", "from henge_protocol import topics", True),
        ("firmware/pico/board.py", "import mqtt_as", True),
        ("tools/fleetsim/fleet.py", "import henge_server", True),
        ("tools/fleetsim/fleet.py", "import henge_agent.agent", False),
    ],
)
def test_a_planted_import_is_judged(tmp_path: Path, file: str, line: str, breaks: bool) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(line + "\n")
    assert bool(violations(tmp_path)) is breaks
