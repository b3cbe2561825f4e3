"""A radio without hardware, and the routers round it: what the Wi-Fi driver's tests stand on. For both runtimes."""

from henge_agent.drivers.wifi import FAILED, JOINED, JOINING, NOT_FOUND, WRONG_PASSWORD

HOME, GUEST = ("home", "secret-1"), ("guest", "secret-2")


class Router:
    """In range with so many dBm; `hidden` ones are in no scan; one that is `mute` never answers."""

    def __init__(self, password: str, rssi: int = -50, hidden: bool = False, mute: bool = False) -> None:
        self.password, self.rssi, self.hidden, self.mute = password, rssi, hidden, mute


class FakeRadio:
    """`routers` are by name. `sticky`: as on an ESP32, why it failed is said until it is joined again. `blind`: as on
    a Pico W, it takes itself for joined when its router has gone, until it is restarted.
    """

    def __init__(self, routers: dict, sticky: bool = False, blind: bool = False) -> None:
        self.routers, self.sticky, self.blind = routers, sticky, blind
        self.tried: list = []
        self.scans = self.restarts = 0
        self._on: "tuple | None" = None
        self._looks = 0
        self._said = JOINING

    def join(self, ssid: str, password: str) -> None:
        self.tried.append(ssid)
        self._on, self._looks = (ssid, password), 0
        if not self.sticky:
            self._said = JOINING

    def leave(self) -> None:
        self._on = None

    def restart(self) -> None:
        self.restarts += 1
        self._on, self._said = None, JOINING

    def state(self) -> int:
        """Takes three looks to find out how a try ends."""
        if self._on:
            self._looks += 1
            if self._looks >= 3 and not (self.blind and self._said == JOINED):
                self._said = self._outcome()
        return self._said

    def scan(self) -> list:
        self.scans += 1
        return [(ssid.encode(), r.rssi) for ssid, r in self.routers.items() if not r.hidden]

    def rssi(self) -> int:
        return self.routers[self._on[0]].rssi  # type: ignore[index]

    def _outcome(self) -> int:
        ssid, password = self._on  # type: ignore[misc]
        router = self.routers.get(ssid)
        if router is None:
            return FAILED if self._said == JOINED else NOT_FOUND
        if router.mute:
            return JOINING
        return JOINED if router.password == password else WRONG_PASSWORD
