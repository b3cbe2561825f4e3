"""What a bench file says is understood, and a relay is told what its leaflet says."""

import os
import pty
import tty
from pathlib import Path

import pytest

from tests.hil import bench
from tests.hil.relay import HubRelay, NoRelay, NullRelay, SerialRelay

PLACE = '[wifi]\nname = "bench"\npassword = "correct horse"\n[server]\naddress = "192.168.1.5"\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "bench.toml"
    file.write_text(text)
    return file


def test_a_bench_without_a_relay_cannot_cut_the_power(tmp_path: Path) -> None:
    found = bench.read(written(tmp_path, PLACE))
    assert found.wifi == ("bench", "correct horse")
    assert isinstance(found.relay, NullRelay)
    assert not found.relay.can_cut
    with pytest.raises(NoRelay, match=r"docs/hil\.md"):
        found.relay.off()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[wifi]\n", "server|name|wifi"),
        (PLACE + '[relay]\nkind = "steam"\n', "hub, serial"),
        (PLACE + '[relay]\nkind = "hub"\nbooth = 3\n', "booth"),
        ("wifi = [", "bench.toml"),
    ],
)
def test_a_bench_file_that_cannot_be_used_says_what_is_wrong(tmp_path: Path, text: str, wrong: str) -> None:
    with pytest.raises(bench.BadBench, match=wrong):
        bench.read(written(tmp_path, text))


def test_a_hub_is_switched_by_uhubctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "uhubctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    relay = HubRelay("1-1", 2)
    relay.off()
    relay.on()
    assert (tmp_path / "told").read_text() == "-l 1-1 -p 2 -a off\n-l 1-1 -p 2 -a on\n"


def test_a_relay_on_a_serial_port_is_sent_the_bytes_of_its_leaflet() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        relay = SerialRelay(os.ttyname(theirs))
        relay.off()
        assert os.read(ours, 16) == bytes.fromhex("A00100A1")
        relay.on()
        assert os.read(ours, 16) == bytes.fromhex("A00101A2")
    finally:
        os.close(ours)
        os.close(theirs)
