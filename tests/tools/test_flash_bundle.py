"""The bundle: what a board needs and no more, compiled so that MicroPython loads it."""

import os
import subprocess
from pathlib import Path

import pytest
from fleetctl.errors import Failed
from fleetctl.flash import bundle, script

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder like those in firmware/."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "boot.py").write_text("import time\n")
    (folder / "board.py").write_text("from henge_agent.board import Board\n")
    (folder / "main.py").write_text("from board import Board\nfrom henge_agent.agent import Agent\n")
    return folder


def unpacked(found: bundle.Bundle, to: Path) -> None:
    rest = found.data
    while rest:
        header, _, rest = rest.partition(b"\n")
        path, _, size = header.decode().rpartition(" ")
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(rest[: int(size)])
        rest = rest[int(size) :]


def test_a_bundle_holds_what_the_boards_files_import_and_nothing_that_only_a_pc_uses(own):
    found = bundle.of("esp32", own)
    assert {f"lib/henge_agent/{name}" for name in ("program.mpy", "program.txt", "agent.mpy")} <= {*found.paths}
    assert b"Restart" in found.data
    assert not [word for word in (b"pc_board", b"PcBoard", b"__main__", b"cbor2") if word in found.data]
    assert found.paths[-3:] == ["boot.py", "board.py", "main.py"]


def test_a_bundle_has_the_same_digest_when_it_is_made_again(own):
    assert bundle.of("esp32", own).digest == bundle.of("esp32", own).digest


def test_a_bundle_has_another_digest_when_a_file_of_the_board_changes(own):
    before = bundle.of("esp32", own).digest
    (own / "main.py").write_text("import henge_agent.agent\n")
    assert bundle.of("esp32", own).digest != before


def test_micropython_loads_every_module_of_a_bundle(own, micropython, tmp_path):
    found = bundle.of("esp32", own)
    unpacked(found, tmp_path / "board")
    modules = [
        path.removeprefix("lib/").removesuffix(".mpy").removesuffix("/__init__").replace("/", ".")
        for path in found.paths
        if path.endswith(".mpy") and "drivers" not in path
    ]
    env = os.environ | {"MICROPYPATH": f".frozen:{tmp_path / 'board' / 'lib'}"}
    text = f"import {', '.join(modules)}\nprint(henge_agent.agent.__file__)"
    done = subprocess.run([micropython, "-c", text], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("henge_agent/agent.mpy"), done.stdout + done.stderr


def test_it_says_what_is_missing_when_a_folder_lacks_a_boards_file(own):
    (own / "board.py").unlink()
    with pytest.raises(Failed, match=r"board\.py cannot be read.*It holds boot\.py, board\.py, main\.py"):
        bundle.of("esp32", own)


def test_it_says_where_when_a_boards_file_is_no_python(own):
    (own / "main.py").write_text("def (")
    with pytest.raises(Failed, match=r"main\.py is not Python"):
        bundle.of("esp32", own)


def test_it_says_so_when_a_boards_file_imports_what_the_agent_has_not(own):
    (own / "main.py").write_text("from henge_agent.stars import Star\n")
    with pytest.raises(Failed, match=r"main\.py imports henge_agent\.stars"):
        bundle.of("esp32", own)


def test_the_pieces_of_a_bundle_begin_where_the_board_has_them_already():
    data = bytes(range(256)) * 10
    assert len([*script.pieces(data, 0)]) == 3
    (last,) = script.pieces(data, 2048)
    assert last.startswith("put(2048, ")


def test_what_is_sent_to_a_board_holds_no_import_of_ours():
    for text in (script.looking(["main.py"]), script.taking(), script.switch()):
        assert "fleetctl." not in text.replace("fleetctl.flash.script", "")
