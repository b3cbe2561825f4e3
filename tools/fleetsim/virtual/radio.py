"""The air around virtual boards, and one board's radio in it: which Wi-Fi there is, and whether the board is on one.

Whoever tests takes networks away and brings them back while boards run. How a port names these states is decided in
onboard/sim_network.py.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

OFF, IDLE, JOINING, JOINED, LOST, NOT_FOUND, WRONG_PASSWORD = range(7)

_JOIN_S = 0.2  # a real one takes two to five seconds, an address from DHCP included


@dataclass
class Network:
    """One Wi-Fi. `leads_out`: what is sent there arrives; without it a board is on a network that leads nowhere."""

    password: str = ""
    rssi: int = -60
    leads_out: bool = True


class Air:
    """The networks in range by name; several boards may be in the same air. Changes are felt at once."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}

    def add(self, ssid: str, password: str = "", rssi: int = -60, leads_out: bool = True) -> None:
        self.networks[ssid] = Network(password, rssi, leads_out)

    def remove(self, ssid: str) -> None:
        self.networks.pop(ssid, None)


class Radio:
    """A station: `air` is where it looks, `clock()` gives seconds."""

    def __init__(self, air: Air, clock: Callable[[], float] = time.monotonic) -> None:
        self._air = air
        self._clock = clock
        self.tried: list[str] = []  # the names of networks that it was told to join, since it was made
        self._lock = threading.RLock()  # the board's thread uses it, and its network's thread looks
        self.off()

    def off(self) -> None:
        with self._lock:
            self._state = OFF
            self._ssid, self._key, self._since = "", "", 0.0

    def on(self) -> None:
        with self._lock:
            if self._state == OFF:
                self._state = IDLE

    def join(self, ssid: str | None, key: str) -> None:
        """Begins to; without a name the one before again."""
        with self._lock:
            if ssid is not None:
                self._ssid, self._key = ssid, key
                self.tried.append(ssid)
            self._state, self._since = JOINING, self._clock()

    def leave(self) -> None:
        with self._lock:
            if self._state != OFF:
                self._state = IDLE

    @property
    def state(self) -> int:
        """One of the seven above, as it is now."""
        with self._lock:
            network = self._air.networks.get(self._ssid)
            fits = network is not None and network.password == self._key
            if self._state == JOINED and not fits:
                self._state = LOST
            elif self._state == JOINING and self._clock() - self._since >= _JOIN_S:
                self._state = JOINED if fits else NOT_FOUND if network is None else WRONG_PASSWORD
            return self._state

    @property
    def network(self) -> Network | None:
        """The one it is on."""
        return self._air.networks.get(self._ssid) if self.state == JOINED else None

    def scan(self) -> list[tuple[str, int]]:
        """Name and dBm of what is in range, the strongest first."""
        found = [(name, network.rssi) for name, network in self._air.networks.items()]
        return sorted(found, key=lambda one: -one[1])
