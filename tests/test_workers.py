"""`./dev test` on several processes: when there are several, and that none is lost without a word."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TIME_LIMIT = 120  # seconds; this only ends what would never end

Run = subprocess.CompletedProcess[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tests that pass, in two files; and the option of the real tests that names a board."""
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--board')\n")
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(f"def test_{name}():\n    pass\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> Run:
    """As ./dev runs pytest, but without the plugins that take two seconds to load and do nothing here."""
    options = ["-p", "xdist.plugin", "-p", "tests.workers", "-c", os.devnull, "--rootdir", str(folder)]
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    foreign["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=folder,
        env=foreign | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )


def test_a_folder_is_shared_by_as_many_processes_as_there_are_cores(folder: Path) -> None:
    done = run(folder, ".")
    cores = len(os.sched_getaffinity(0))
    assert done.returncode == 0, done.stdout
    assert (f"{cores} workers [2 items]" in done.stdout) == (cores > 1), done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    ["test_one.py", "test_one.py::test_one test_two.py", ". -k one", ". -x", ". --board=/dev/ttyACM0"],
)
def test_one_process_runs_what_a_person_looks_at(folder: Path, arguments: str) -> None:
    done = run(folder, *arguments.split())
    assert done.returncode == 0, done.stdout
    assert "workers [" not in done.stdout


def test_a_failure_is_named_at_once(folder: Path) -> None:
    (folder / "test_two.py").write_text("def test_two():\n    assert 1 == 2\n")
    done = run(folder, ".", "-n2")
    assert done.returncode == 1
    assert "\ntest_two.py::test_two failed\n" in done.stdout.partition("= FAILURES =")[0]


def test_a_run_fails_when_a_worker_dies_in_a_test(folder: Path) -> None:
    (folder / "test_two.py").write_text("import os\n\ndef test_two():\n    os._exit(0)\n")
    done = run(folder, ".", "-n2")
    assert done.returncode == 1
    assert "crashed while running 'test_two.py::test_two'" in done.stdout


def test_a_run_fails_when_a_worker_dies_after_its_tests(folder: Path) -> None:
    ends = "def pytest_sessionfinish(session):\n    if hasattr(session.config, 'workerinput'):\n        os._exit(0)\n"
    (folder / "conftest.py").write_text("import os\n\n" + ends)
    done = run(folder, ".", "-n2")
    assert "2 passed" in done.stdout
    assert "a worker was lost, gw" in done.stdout
    assert done.returncode == 1


def test_a_run_fails_when_the_workers_find_different_tests(folder: Path) -> None:
    own = "@pytest.mark.parametrize('process', [os.getpid()])\ndef test_two(process):\n    pass\n"
    (folder / "test_two.py").write_text("import os\nimport pytest\n\n" + own)
    done = run(folder, ".", "-n2")
    assert done.returncode not in (0, 5)
    assert "Different tests were collected" in done.stdout


def test_a_run_fails_when_a_test_is_lost(folder: Path) -> None:
    loses = "def pytest_runtest_protocol(item):\n    return True if item.name == 'test_two' else None\n"
    (folder / "conftest.py").write_text(loses)
    done = run(folder, ".", "-n2")
    assert done.returncode == 1, done.stdout
    assert "not run to its end: test_two.py::test_two" in done.stdout
