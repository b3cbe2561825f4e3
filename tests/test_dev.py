"""./dev as far as it can be tried in no time: its verbs, how it reads apt's sources, what may not be committed.

That a bare machine becomes a working one is not tried here; that takes a bare machine.
"""

import fcntl
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERBS = ["demo", "up", "agent", "fleetctl", "test", "check", "format", "bench", "lock", "clean"]


def shell(script: str, **env: str) -> str:
    """What a line of shell prints that may use the functions of setup/*.sh."""
    top = shlex.quote(str(ROOT))
    lines = f"set -eu; top={top}; . setup/venv.sh; . setup/debs.sh; . setup/compiler.sh; . setup/qemu.sh; {script}"
    done = subprocess.run(
        ["sh", "-c", lines], cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_unknown_verb_is_refused_with_the_verbs_that_there_are() -> None:
    done = subprocess.run([ROOT / "dev", "frobnicate"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "frobnicate" in done.stderr
    assert re.findall(r"^  ([a-z]+) ", done.stderr, re.MULTILINE) == VERBS


def test_the_command_line_runs_where_it_was_called(tmp_path: Path) -> None:
    command = [ROOT / "dev", "fleetctl", "schema", "check", "lamp.yaml"]
    (tmp_path / "lamp.yaml").write_text("name: lamp\nsettings:\n  led.on: {type: bool, default: true}\n")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_address_of_a_registry_or_mirror_is_committed() -> None:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    # Spelled in pieces, or this file would be its own find.
    hosts = "|".join(
        ["pypi" + r"\.org", "python" + "hosted", "deb" + r"\.debian", "archive" + r"\.ubuntu", "ports" + r"\.ubuntu"]
    )
    address = re.compile(rf"{hosts}|(index-url|find-links)[\"'= ]+[a-z]*:?/".encode())
    paths = [ROOT / name for name in names.split("\0") if name]
    found = [str(path) for path in paths if path.is_file() and address.search(path.read_bytes())]
    assert found == []


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """An empty /etc/apt."""
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def sources(etc: Path, release: str) -> list[str]:
    return shell(f"releases() {{ echo oldest newer; }}; machine_sources {release}", HENGE_APT_ETC=str(etc)).splitlines()


def test_the_old_form_of_sources_is_read_for_another_release(etc: Path) -> None:
    (etc / "sources.list").write_text(
        "# deb http://commented.test/debian oldest main\n"
        "deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror.test/debian oldest main contrib\n"
        "deb http://mirror.test/debian oldest-updates main\n"
        "deb cdrom:[Debian]/ oldest main\n"
        "deb-src http://mirror.test/debian oldest main\n"
    )
    (etc / "sources.list.d" / "other.list").write_text("deb http://vendor.test/apt stranger main\n")
    assert sources(etc, "newer") == ["deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror.test/debian newer main"]


def test_the_new_form_of_sources_is_read_for_another_release(etc: Path) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(
        "Types: deb deb-src\nURIs: http://mirror.test/debian\n# a remark\nSuites: oldest oldest-updates\n"
        "Components: main\nSigned-By: /keys/a.gpg\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://off.test/debian\nSuites: oldest\nComponents: main\n\n"
        "types: deb\nuris:\n http://second.test/debian\nsuites: oldest\ncomponents: main\n"
    )
    assert sources(etc, "newer") == [
        "deb [signed-by=/keys/a.gpg] http://mirror.test/debian newer main",
        "deb http://second.test/debian newer main",
    ]


def test_an_installed_program_is_used_when_it_is_new_enough(tmp_path: Path) -> None:
    program = tmp_path / "micropython"
    program.write_text("#!/bin/sh\necho 1.23.0\n")
    program.chmod(0o755)
    asked = "installed_is {} micropython && echo used || echo left"
    path = f"{tmp_path}:/usr/bin:/bin"
    assert shell(asked.format("1.23"), PATH=path) == "used\n"
    assert shell(asked.format("1.24"), PATH=path) == "left\n"


def test_the_compiler_that_is_there_is_used(tmp_path: Path) -> None:
    for tool in ("sh", "grep", "tr"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    asked = "has_compiler && echo used || echo fetched"
    assert shell(asked, PATH=str(tmp_path)) == "fetched\n"
    (tmp_path / "clang").touch(0o755)
    assert shell(asked, PATH=str(tmp_path)) == "used\n"


def test_a_stamp_is_another_when_the_lock_or_the_place_changes(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one")
    first = shell(f"stamp_of {lock}")
    assert shell(f"stamp_of {lock}") == first
    assert shell(f"top=/elsewhere; stamp_of {lock}") != first
    lock.write_text("two")
    assert shell(f"stamp_of {lock}") != first


def test_a_set_up_waits_while_another_one_runs(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    script = f". setup/venv.sh; top={tmp_path}; locked touch {tmp_path}/done"
    with (tmp_path / ".cache" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(["sh", "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert second.stderr
        assert "waiting" in second.stderr.readline()
        assert not (tmp_path / "done").exists()
    with second:
        assert second.wait() == 0
    assert (tmp_path / "done").exists()
