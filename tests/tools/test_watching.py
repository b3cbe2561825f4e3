"""Watching: a line for each event, and on across breaks from where it was."""

import json
import select
import signal
import subprocess
import sys

import pytest
from fleetctl.commands.watch import line
from fleetctl.errors import NotAllowed, NotReachable, Refused
from fleetctl.events import Events, parsed

from tests.tools.program import FREE, Program


def event(seq: int) -> list[str]:
    data = {"seq": seq, "at": "2026-01-02T03:04:05Z", "kind": "device.added", "device": "porch", "data": {}}
    return [f"id: {seq}", "event: device.added", f"data: {json.dumps(data)}", ""]


class Server:
    """Streams as they were told to be: lines, then an error. Remembers from where it was asked to go on."""

    def __init__(self, *streams: tuple[list[str], Exception]) -> None:
        self.asked: list[str | None] = []
        self._streams = list(streams)

    def events(self, device: str | None, last_id: str | None, silence_s: float):
        self.asked.append(last_id)
        lines, error = self._streams.pop(0)
        yield from lines
        raise error


class Watcher:
    """Follows a server to its last stream."""

    def __init__(self, *streams: tuple[list[str], Exception]) -> None:
        self.server, self.said, self.slept, self.seen = Server(*streams), [], [], []
        self._events = Events(self.server, self.said.append, sleep=self.slept.append, chance=lambda: 1.0)  # type: ignore[arg-type]

    def follow(self, until: type[Exception]) -> "Watcher":
        with pytest.raises(until):
            self._see()
        return self

    def _see(self) -> None:
        for found in self._events.follow(None):
            self.seen.append(found["seq"])


GONE = NotReachable("gone")
END = NotAllowed("over")


def test_an_event_is_read_when_its_stream_has_comments_and_several_data_lines():
    lines = [": henge", "", "data: [1,", "data: 2]", "", "id: 7", "retry: 5", "data:{}", "", "id: 8", ""]
    assert [*parsed(lines)] == [(None, [1, 2]), ("7", {})]


def test_it_goes_on_behind_the_last_event_when_the_line_breaks():
    watcher = Watcher(([": henge", "", *event(1), *event(2)], GONE), (event(3), GONE), ([], END)).follow(NotAllowed)
    assert watcher.seen == [1, 2, 3]
    assert watcher.server.asked == [None, "2", "3"]


def test_it_waits_longer_each_time_when_the_server_stays_away():
    watcher = Watcher((event(1), GONE), ([], GONE), ([], GONE), (event(2), GONE), ([], END)).follow(NotAllowed)
    assert watcher.slept == [0.5, 1.0, 2.0, 0.5]
    assert watcher.said[:2] == ["gone Trying again until it is back.", "Connected again."]


def test_it_starts_afresh_when_the_server_has_forgotten():
    watcher = Watcher((event(1), GONE), ([], Refused(410, "gone")), (event(9), END)).follow(NotAllowed)
    assert (watcher.server.asked, watcher.seen) == ([None, "1", None], [1, 9])


def test_it_tries_again_when_the_server_is_stopping():
    assert Watcher((event(1), GONE), ([], Refused(503, "stopping")), (event(2), END)).follow(NotAllowed).seen == [1, 2]


def test_it_does_not_wait_when_the_first_connection_fails():
    assert Watcher(([], GONE)).follow(NotReachable).slept == []


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("config.changed", {"rev": 2, "keys": ["a"], "by": "me", "why": "set"}, "revision 2 is wanted: a (me: set)"),
        ("device.reported", {"rev": 2, "state": "applied", "errors": {}}, "applied revision 2"),
        (
            "device.reported",
            {"rev": 2, "state": "rejected", "errors": {"a": ["too_long", "is long"]}},
            "rejected revision 2: a: is long",
        ),
        ("device.telemetry", {"values": {"temperature": 20.5}}, "temperature 20.5"),
        ("device.offline", {"reason": "gone\x1b[2J"}, "offline: gone\N{REPLACEMENT CHARACTER}[2J"),
        ("a.new.one", {}, "a.new.one"),
    ],
)
def test_an_event_is_one_readable_line_when_it_is_shown(kind, data, said):
    shown = line({"at": "2026-01-02T03:04:05Z", "kind": kind, "device": "porch", "data": data})
    assert shown.endswith(f"  porch         {said}")


def test_a_line_is_broken_between_words_when_the_terminal_is_narrow():
    data = {"rev": 2, "state": "rejected", "errors": {"led.brightness": ["out_of_range", "900 is above the maximum"]}}
    found = {"at": "2026-01-02T03:04:05Z", "kind": "device.reported", "device": "porch", "data": data}
    first, *rest = line(found, 50).splitlines()
    assert max(len(part) for part in (first, *rest)) <= 50
    assert " ".join([first, *(part.strip() for part in rest)]) == line(found)
    assert all(part.startswith(" " * 24) for part in rest)


def test_it_says_that_it_watches_and_that_the_server_is_gone(home):
    with Program("up", "--data", "data", *FREE) as up:
        up.until(lambda line: line.startswith("henge is ready"))
        with Program("watch") as watch:
            watch.until(lambda line: line.startswith("Watching every device at http://127.0.0.1:"))
            up.end(signal.SIGKILL)
            watch.until(lambda line: line.endswith("ended the connection. Trying again until it is back.\n"))


def test_an_event_is_a_line_of_json_when_that_is_asked_for(server, fleetctl, lamp):
    argv = [sys.executable, "-m", "fleetctl", "watch", lamp, "-o", "json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as watch:
        try:
            assert watch.stdout
            for brightness in range(1, 100):  # until the watcher is there: it hears of what comes after it
                fleetctl("config", "set", lamp, f"led.brightness={brightness}")
                if select.select([watch.stdout], [], [], 0.2)[0]:
                    break
            assert json.loads(watch.stdout.readline())["kind"] == "config.changed"
        finally:
            watch.terminate()


def test_it_ends_at_once_when_there_is_no_such_device(fleetctl):
    assert fleetctl("watch", "nosuch").code == 1


def test_it_ends_without_a_word_when_it_is_interrupted(fleetctl, lamp):
    with Program("watch", "-o", "json") as watch:
        for brightness in range(1, 100):  # until it is connected: then the signal reaches it while it waits
            fleetctl("config", "set", lamp, f"led.brightness={brightness}")
            if watch.said:
                break
        assert watch.end(signal.SIGINT) == 130
    assert all(said.startswith("{") for said in watch.said)


def test_what_is_wrong_with_a_board_is_in_its_line_when_it_says_hello():
    data = {"board": "esp32", "agent": "1", "safe": True, "found": "slot-1 was damaged", "uid_before": "00"}
    text = line({"kind": "device.heard", "at": "2026-01-02T03:04:05Z", "device": "porch", "data": data})
    assert [part in text for part in ("another board", "safe mode", "slot-1 was damaged")] == [True] * 3
