"""A virtual board's Wi-Fi: what its two ports say of a network, and what becomes of its connections."""

import socket
from collections.abc import Callable, Iterator

import pytest
from fleetsim.virtual import VirtualBoard

Run = Callable[..., str]

# Each port's numbers for: joined, no such network, wrong password.
STATES = {"esp32": (1010, 201, 15), "pico": (3, -2, -3)}

JOIN = """
import network, time
w = network.WLAN(network.STA_IF)
w.active(True)
if "esp" in network.hostname(): w.config(reconnects=0)
def join(name, key):
    w.disconnect()
    w.connect(name, key)
    before = w.status()
    for _ in range(100):
        time.sleep(0.02)
        if not w.isconnected() and w.status() in (before, 1001, 1): continue
        break
    print(w.status(), w.isconnected())
"""


@pytest.fixture
def home(board: VirtualBoard) -> VirtualBoard:
    board.air.add("home", "secret123", rssi=-48)
    board.air.add("far away", rssi=-90)
    return board


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


def test_joining_says_what_is_wrong_in_the_ports_numbers(home: VirtualBoard, mpremote: Run) -> None:
    joined, missing, refused = STATES[home.kind]
    said = mpremote("exec", JOIN + "join('home', 'wrong123')\njoin('nowhere', '')\njoin('home', 'secret123')")
    assert said.split("\n")[:3] == [f"{refused} False", f"{missing} False", f"{joined} True"]


def test_a_scan_names_what_is_in_range(home: VirtualBoard, mpremote: Run) -> None:
    found = mpremote("exec", JOIN + "print([(n[0], n[3]) for n in w.scan()])")
    assert found == "[(b'home', -48), (b'far away', -90)]\n"


def test_without_wifi_no_address_is_found(home: VirtualBoard, mpremote: Run) -> None:
    assert "OSError" in mpremote("exec", "import socket; socket.getaddrinfo('127.0.0.1', 1883)", code=1)


def test_what_is_sent_without_wifi_arrives_when_it_is_back(
    home: VirtualBoard, mpremote: Run, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    connect = f"import socket; s = socket.socket(); s.connect(socket.getaddrinfo('127.0.0.1', {port})[0][-1])"
    mpremote("exec", JOIN + "join('home', 'secret123')\n" + connect + "\ns.send(b'one')")
    with listener.accept()[0] as heard:
        assert heard.recv(16) == b"one"
        home.air.networks["home"].leads_out = False
        mpremote("resume", "exec", "s.send(b'two')")
        heard.settimeout(0.3)
        with pytest.raises(TimeoutError):
            heard.recv(16)
        home.air.networks["home"].leads_out = True
        heard.settimeout(20)
        assert heard.recv(16) == b"two"


def test_the_other_end_hears_nothing_of_a_power_cut(home: VirtualBoard, mpremote: Run, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    connect = f"import socket; s = socket.socket(); s.connect(socket.getaddrinfo('127.0.0.1', {port})[0][-1])"
    mpremote("exec", JOIN + "join('home', 'secret123')\n" + connect + "\ns.send(b'one')")
    with listener.accept()[0] as heard:
        assert heard.recv(16) == b"one"
        home.power_off()
        heard.settimeout(0.3)
        with pytest.raises(TimeoutError):
            heard.recv(16)
