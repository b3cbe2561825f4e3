"""Radio: MicroPython's `network.WLAN` with the names that wifi.py has for things, and `ntptime`. It decides nothing.

From MicroPython's documentation of network and network.WLAN, and its sources ports/esp32/network_wlan.c and
extmod/network_cyw43.c; the two ports differ in their numbers. Tried on no hardware so far.
"""

import network
import ntptime

from henge_agent.drivers.wifi import FAILED, JOINED, JOINING, NOT_FOUND, WRONG_PASSWORD

_MAX_HOSTNAME = 32  # characters, on both ports
_NTP_TIMEOUT_S = 1  # nothing else runs meanwhile

_STATES = {
    network.STAT_GOT_IP: JOINED,
    network.STAT_GOT_IP - 1: JOINING,  # Pico W: joined, and waiting for an address; no name, and no number of ESP32's
    network.STAT_IDLE: JOINING,  # ESP32, right after it left another network
    network.STAT_CONNECTING: JOINING,
    network.STAT_NO_AP_FOUND: NOT_FOUND,
    network.STAT_WRONG_PASSWORD: WRONG_PASSWORD,
    15: WRONG_PASSWORD,  # ESP32: the handshake's second message did not come, the usual sign of a wrong password
    204: WRONG_PASSWORD,  # ESP32: the handshake took too long, likewise
}


class Radio:
    """`hostname` is what routers call the board; `country` is two letters (it says which channels), or empty. `hold()`
    is called before what blocks for seconds.
    """

    def __init__(self, hostname: str, country: str, hold) -> None:
        self._hostname = hostname[:_MAX_HOSTNAME]
        self._country = country
        self._hold = hold
        self._wlan = None  # what there is of memory for it is not taken before it is needed

    def join(self, ssid: str, password: str) -> None:
        """Begins to. Raises OSError where the radio does not even try."""
        self._started().connect(ssid, password or None)

    def leave(self) -> None:
        """The network that is joined or tried."""
        if self._wlan and self._wlan.active():
            self._wlan.disconnect()

    def restart(self) -> None:
        """Off; the next use turns it on."""
        self.leave()
        if self._wlan:
            self._wlan.active(False)

    def state(self) -> int:
        """One of those of wifi.py."""
        return _STATES.get(self._wlan.status(), FAILED) if self._wlan else JOINING

    def scan(self) -> list:
        """(ssid, dBm) of what is in range, hidden networks left out. Blocks for seconds. Raises OSError."""
        wlan = self._started()
        self._hold()
        return [(found[0], found[3]) for found in wlan.scan() if found[0].strip(b"\x00")]

    def rssi(self) -> "int | None":
        """dBm, or None where the radio does not know."""
        try:
            return self._wlan.status("rssi") if self._wlan else None
        except OSError:  # ESP32, when the network has just gone
            return None

    def name_server(self) -> str:
        """Its address, as the network told it; 0.0.0.0 where it did not."""
        return self._started().ifconfig()[3]

    def set_clock(self, address: str) -> None:
        """To UTC, from the NTP server there. Blocks for a second at most. Raises OSError, OverflowError."""
        ntptime.host, ntptime.timeout = address, _NTP_TIMEOUT_S
        ntptime.settime()

    def _started(self):
        if self._wlan is None or not self._wlan.active():
            network.hostname(self._hostname)
            if self._country:
                network.country(self._country)
            self._wlan = wlan = network.WLAN(network.STA_IF)
            wlan.active(True)
            wlan.disconnect()  # it may still be joined or trying, from before a soft reset
            # With power saving a message waits for the radio to wake up, and a Pico W misses some altogether.
            wlan.config(pm=wlan.PM_NONE)
            try:
                wlan.config(reconnects=0)  # an ESP32 would join again by itself, and could not be told another network
            except ValueError:
                pass  # a Pico W does not know it, and does nothing by itself
        return self._wlan
