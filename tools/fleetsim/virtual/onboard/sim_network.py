"""`network` and `ntptime` of a virtual board, and of `socket` what depends on them: no address is found without Wi-Fi.

From MicroPython's documentation of network and network.WLAN, and ports/esp32/network_wlan.c and extmod/network_cyw43.c
of its source; the two ports differ in their numbers, and in who tries again: an ESP32 by itself, a Pico W never.
"""

import socket

import wire

# What the surroundings say of the radio; the numbers below are the ports'.
_OFF, _IDLE, _JOINING, _JOINED, _LOST, _NOT_FOUND, _WRONG_PASSWORD = range(7)

_ESP32 = {
    "STAT_IDLE": 1000,
    "STAT_CONNECTING": 1001,
    "STAT_GOT_IP": 1010,
    "STAT_BEACON_TIMEOUT": 200,
    "STAT_NO_AP_FOUND": 201,
    "STAT_WRONG_PASSWORD": 202,
    "STAT_ASSOC_FAIL": 203,
    "STAT_HANDSHAKE_TIMEOUT": 204,
}
_CYW43 = {
    "STAT_IDLE": 0,
    "STAT_CONNECTING": 1,
    "STAT_GOT_IP": 3,
    "STAT_CONNECT_FAIL": -1,
    "STAT_NO_AP_FOUND": -2,
    "STAT_WRONG_PASSWORD": -3,
}
_HANDSHAKE = 15  # esp_wifi_types.h, WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT: what a wrong password mostly looks like
_REASONS = {_LOST: 200, _NOT_FOUND: 201, _WRONG_PASSWORD: _HANDSHAKE}
_STICKY = (201, 202)  # an ESP32 goes on saying these while it already tries the next network
_NO_ADDRESS = {"esp32": -202, "pico": -2}  # OSError of getaddrinfo without a network
_TIMED_OUT = 110

_PARAMETERS = ("mac", "ssid", "essid", "channel", "hostname", "txpower", "pm", "security", "key")


class Wlan:
    """network.WLAN(STA_IF); the access point's side is left out."""

    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2
    IF_STA, IF_AP = 0, 1

    def __init__(self, interface: int = 0) -> None:
        if interface != self.IF_STA:
            raise NotImplementedError("a virtual board is no access point")

    def active(self, on=None) -> bool:
        if on is not None:
            wire.ask(ask="radio", on=bool(on))
        return self._state() != _OFF

    def connect(self, ssid=None, key=None, *, bssid=None, security=-1) -> None:
        self._need_active()
        wire.ask(ask="radio", join=ssid, key=key or "")

    def disconnect(self) -> None:
        self._need_active()
        wire.ask(ask="radio", leave=True)

    def isconnected(self) -> bool:
        return self._state() == _JOINED

    def scan(self) -> list:
        """(ssid, bssid, channel, RSSI, security, hidden) each."""
        self._need_active()
        found = wire.ask(ask="scan")
        return [(name.encode(), bytes((2, 0, 0, 0, 0, at)), 6, rssi, 3, 1) for at, (name, rssi) in enumerate(found)]

    def status(self, what=None):
        if what == "rssi":
            rssi = wire.ask(ask="rssi")
            if rssi is None:
                raise OSError("Wifi Not Connected")
            return rssi
        if what is not None:
            raise ValueError("unknown status param")
        return self._number(self._state())

    def config(self, name=None, **values):
        if name is not None:
            if name not in _PARAMETERS:
                raise ValueError("unknown config param")
            return wire.ask(ask="mac") if name == "mac" else None
        for key, value in values.items():
            self._configure(key, value)
        return None

    def ifconfig(self, addresses=None):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1") if self.isconnected() else ("0.0.0.0",) * 4

    def ipconfig(self, name=None, **_):
        address = self.ifconfig()
        return {"addr4": address[:2], "gw4": address[2], "has_dhcp4": self.isconnected()}.get(name or "")

    def _configure(self, key: str, value) -> None:
        if key not in _PARAMETERS:
            raise ValueError("unknown config param")

    def _need_active(self) -> None:
        if self._state() == _OFF:
            raise OSError("Wifi Not Started")

    def _state(self) -> int:
        return wire.ask(ask="radio")

    def _number(self, state: int) -> int:
        numbers = {_JOINING: 1, _JOINED: 3, _NOT_FOUND: -2, _WRONG_PASSWORD: -3}
        return numbers.get(state, 0)


class Esp32Wlan(Wlan):
    """network_wlan.c: what went wrong last is said until the next success, and joining again is its own business."""

    _reconnects = -1  # as often as it takes
    _reason = 0
    _is_wanted = False
    _left = 0

    def connect(self, ssid=None, key=None, *, bssid=None) -> None:
        if self._state() == _JOINING:
            raise OSError("Wifi Internal State Error")
        Wlan.connect(self, ssid, key)
        Esp32Wlan._is_wanted, Esp32Wlan._left = True, self._reconnects

    def disconnect(self) -> None:
        Esp32Wlan._is_wanted = False
        if self._state() == _JOINED:
            Esp32Wlan._reason = 0
        Wlan.disconnect(self)

    def _configure(self, key: str, value) -> None:
        if key == "reconnects":
            Esp32Wlan._reconnects = Esp32Wlan._left = value
        else:
            Wlan._configure(self, key, value)

    def _state(self) -> int:
        """Also does what the port does in the background: tries again."""
        state = Wlan._state(self)
        if state == _JOINED:
            Esp32Wlan._reason = 0
        elif state in _REASONS:
            Esp32Wlan._reason = _REASONS[state]
            if self._is_wanted and self._left:
                Esp32Wlan._left -= 1
                wire.ask(ask="radio", again=True)
                return _JOINING
        return state

    def _number(self, state: int) -> int:
        if state == _JOINED:
            return 1010
        if self._reason in _STICKY:
            return self._reason
        if state == _JOINING:
            return 1001
        return self._reason or 1000


class Network:
    """The names of `network`, `socket` and `ntptime` for one kind of board."""

    def __init__(self, kind: str) -> None:
        self._no_address = _NO_ADDRESS[kind]
        self._hostname, self._country = "mpy-" + kind, "XX"
        self.names = {
            "STA_IF": 0,
            "AP_IF": 1,
            "WLAN": Esp32Wlan if kind == "esp32" else Wlan,
            "hostname": self.hostname,
            "country": self.country,
        }
        self.names.update(_ESP32 if kind == "esp32" else _CYW43)

    def hostname(self, name=None):
        if name is None:
            return self._hostname
        if len(name) > 32:
            raise ValueError("hostname too long")
        self._hostname = name
        return None

    def country(self, code=None):
        if code is None:
            return self._country
        if len(code) != 2:
            raise ValueError("Invalid country code")
        self._country = code
        return None

    def getaddrinfo(self, host: str, port: int, *more) -> list:
        """Of the way that leads to this host, and that ends where the Wi-Fi ends."""
        way = wire.ask(ask="way", host=host, port=port)
        if way is None:
            raise OSError(self._no_address)
        return socket.getaddrinfo("127.0.0.1", way, *more)

    def set_time(self) -> None:
        """ntptime.settime: the computer's clock is right already."""
        if wire.ask(ask="rssi") is None:
            raise OSError(_TIMED_OUT)
