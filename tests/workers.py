"""How many processes share the tests of `./dev test`, and what is watched while they do: a plugin of pytest's.

It runs nothing itself, pytest-xdist does. It refuses to call a run good that lost a worker, or a test on the way.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

BOARDS_OF_ANY_NUMBER = ("virtual", "virtual-pico", "qemu")
# Whoever asks for one of these looks for a few tests, wants to see them one after the other, or stops at the first that
# fails; a worker of pytest-xdist would first finish what lies before it.
FOR_ONE_PROCESS = ("keyword", "maxfail", "lf", "stepwise", "write_page", "trace", "usepdb")

SHOWN = 4  # of the tests that did not run to their end; those that were running come first


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Before pytest-xdist reads its own options, of which any that is given is obeyed."""
    option = config.option
    if not is_worker(config):
        if option.numprocesses is None:
            option.numprocesses = how_many(config)
        option.dist = "worksteal" if option.dist == "no" else option.dist
        option.maxworkerrestart = option.maxworkerrestart or "0"  # what took one down is a failure of the whole run
    return (yield)


def how_many(config: pytest.Config) -> int:
    """As many as there are cores for folders of tests; 0, which is this process alone, for files and single tests."""
    option = config.option
    whole = all(Path(config.invocation_params.dir, name).is_dir() for name in config.args)
    several = (getattr(option, "board", None) or "virtual") in BOARDS_OF_ANY_NUMBER and option.capture != "no"
    if not whole or not several or any(getattr(option, name, None) for name in FOR_ONE_PROCESS):
        return 0
    cores = len(os.sched_getaffinity(0))
    return cores if cores > 1 else 0


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(trylast=True)  # there is a terminal reporter then
def pytest_configure(config: pytest.Config) -> None:
    if config.option.tx and not config.option.collectonly and not is_worker(config):
        config.pluginmanager.register(Watch(config))


class Watch:
    """What the process sees that hands out the tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._terminal: Any = config.pluginmanager.getplugin("terminalreporter")
        self._quiet = config.option.verbose > 0  # every test has a line of its own then
        self._open: set[str] = set()
        self._running: dict[str, None] = {}
        self._lost: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._open = set(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = None

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)
        self._open.discard(nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Names a test that failed at once: the dots have no file before them any more."""
        if report.failed and not self._quiet:
            self._terminal.write_line(f"\n{report.nodeid} failed", red=True)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        if error:
            self._lost.append(f"{node.gateway.id}: {error}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.OK and (self._lost or self._open):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self) -> None:
        for worker in self._lost:
            self._terminal.write_line(f"a worker was lost, {worker}", red=True)
        for test in [*self._running, *sorted(self._open - self._running.keys())][:SHOWN]:
            self._terminal.write_line(f"not run to its end: {test}", red=True)
        if len(self._open) > SHOWN:
            self._terminal.write_line(f"and {len(self._open) - SHOWN} more", red=True)
