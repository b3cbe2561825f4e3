"""Wi-Fi: keeps the board on one of the networks that it knows, for as long as it runs, however often they go.

It decides; what acts is a radio, as radio.py has one. It never gives up, and a missing router is no failure.
"""

import asyncio

from henge_agent.backoff import Backoff
from henge_agent.clock import Clock
from henge_agent.compat import TICKS_PERIOD, chance, ticks_ms
from henge_agent.drivers.driver import Driver

# What a radio says of the network that it was told to join. A port that cannot tell says FAILED, or nothing (JOINING).
JOINED, JOINING, NOT_FOUND, WRONG_PASSWORD, FAILED = range(5)

_LOOK_S = 0.25  # between two looks at the radio: reading its state costs next to nothing
_TRY_MS = 15_000  # for one network, an address from DHCP included; slow routers take ten seconds
_JOIN_S = 17  # how long `join` waits: a whole try, and less than link.py gives a connection
_STABLE_MS = 30_000  # a network that held so long is joined again at once
_SCAN_MS = 120_000  # between two scans: each blocks everything on the board for two or three seconds
_RETURN_MS = 600_000  # without any network, until those of /henge.json count again; five times the length of a trial
_HURRY_MS = 150_000  # so long after a change or a loss it tries every few seconds; more than a trial lasts
# A radio can take itself for joined long after its router has gone (Pico W). So when the server could not be reached
# for five minutes, its network is joined anew. No server at all looks the same, and is not harmed by it.
_DOUBT_MS = 300_000
_ASKED_MS = 120_000  # between two calls of `join` for one and the same outage: the agent's longest wait, and a try


class PasswordTooShort(ValueError):
    """WPA2 takes 8 characters or more. Its name is all that the report says, since passwords are secret."""


class Wifi(Driver):
    """`networks` are those that the board was set up with, (ssid, password) each, an empty password for an open one.
    They count where the settings name none.

    `radio` has `join(ssid, password)`, `leave()`, `restart()`, which ends in the same as `leave` and is slower,
    `state()`, one of those above, `scan()`, a list of (ssid as bytes, dBm), and `rssi()`, dBm or None. All but `scan`
    take no longer than a few milliseconds.
    """

    SETTINGS = {
        "wifi.ssid": {"type": "string", "max_length": 32, "default": "", "risky": True},
        "wifi.password": {"type": "string", "max_length": 64, "default": "", "secret": True, "risky": True},
        "wifi.ssid_2": {"type": "string", "max_length": 32, "default": "", "risky": True},
        "wifi.password_2": {"type": "string", "max_length": 64, "default": "", "secret": True, "risky": True},
    }

    def __init__(self, radio, networks: list, clock=None, chance=chance) -> None:
        self._radio = radio
        self._first = list(networks)
        self._set: list = []  # the networks of the settings
        self._clock = clock or Clock(ticks_ms, TICKS_PERIOD)
        self._backoff = Backoff(chance)
        self._queue: list = []  # what is still to be tried in this round
        self._faults: list = []  # what was wrong with those that were
        self._on: "tuple | None" = None  # the network that is joined or tried
        self._is_joined = self._must_leave = False
        self._before = JOINING  # what the radio said before it began to try
        self._since = self._well_ms = self._next_ms = self._asked_ms = self._vain_ms = self._clock.ms()
        self._scanned_ms: "int | None" = None
        self._strength: dict = {}  # ssid as bytes -> dBm, at the last scan
        self._why = "the Wi-Fi is not joined yet"
        self._news = asyncio.Event()

    def apply(self, values: dict) -> None:
        """Other networks from now on. The one that is joined is left where it is not among them. Raises ValueError."""
        named = []
        for end in ("", "_2"):
            ssid, password = values["wifi.ssid" + end], values["wifi.password" + end]
            if ssid and 0 < len(password) < 8:
                raise PasswordTooShort()
            if ssid:
                named.append((ssid, password))
        if named == self._set:
            return
        self._set = named
        self._must_leave = self._on is not None and self._on not in (named or self._first)
        self._well_ms = self._clock.ms()
        self._backoff.reset()  # what failed before was another network
        self._begin_round(0)

    async def run(self, tell) -> None:
        """Minds the radio."""
        while True:
            self.step()
            await asyncio.sleep(_LOOK_S)

    async def join(self) -> None:
        """Returns when the board is on a network. Raises OSError with what is wrong, when every network was tried."""
        self._doubt(self._clock.ms())
        if self._is_joined and not self._must_leave:
            return
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), _JOIN_S)
        except asyncio.TimeoutError:
            pass  # several networks, each of which takes its time
        if not self._is_joined:
            raise OSError(self._why)

    def rssi(self) -> "int | None":
        """How strong the network is, in dBm; None without one."""
        return self._radio.rssi() if self._is_joined else None

    def step(self) -> None:
        """One look at the radio, and what follows from it. Raises OSError where the radio itself does not work."""
        now = self._clock.ms()
        if self._must_leave:
            self._must_leave = False
            self._drop()  # the next look tries another: a radio takes its time to leave
        elif self._is_joined:
            self._watch(now)
        elif self._on:
            self._look(now)
        elif now >= self._next_ms:
            self._try_next(now)

    def _watch(self, now: int) -> None:
        if self._radio.state() == JOINED:
            self._well_ms = now
            return
        self._why = "the Wi-Fi '{}' was lost".format(self._on[0])  # type: ignore[index]
        if now - self._since >= _STABLE_MS:
            self._backoff.reset()
        self._drop()
        self._begin_round(now + self._wait(now))

    def _look(self, now: int) -> None:
        state = self._radio.state()
        if state == JOINED:
            self._is_joined, self._since = True, now
            self._watch(now)
            self._news.set()
        elif now - self._since >= _TRY_MS or (state > JOINING and state != self._before):
            self._faults.append(_why(state, self._on[0]))  # type: ignore[index]
            self._drop()
            if not self._queue:
                self._why = "; ".join(self._faults)
                self._begin_round(now + self._wait(now))
                self._news.set()
        elif state == JOINING:
            self._before = state  # so what comes now is new

    def _try_next(self, now: int) -> None:
        if not self._queue:
            self._queue = self._in_order(now)
        if not self._queue:
            self._why = "no Wi-Fi is known: /henge.json names no networks, and neither do the settings"
            self._next_ms = now + self._wait(now)
            self._news.set()
            return
        self._on = network = self._queue.pop(0)
        # An ESP32 says why the last try failed until this one is through. So that it is no failure of this one, it
        # counts only when it changes, or when the time is over.
        self._before = self._radio.state()
        self._since = now
        self._radio.join(*network)

    def _in_order(self, now: int) -> list:
        """The networks to try: the settings' own first, and the strongest first; a hidden one is in no scan."""
        known = self._set or self._first
        if self._set and now - self._well_ms >= _RETURN_MS:
            known = known + [network for network in self._first if network not in known]
        if len(known) < 2:
            return list(known)
        if self._scanned_ms is None or now - self._scanned_ms >= _SCAN_MS:
            self._scanned_ms = now
            self._strength = {}
            for ssid, rssi in self._radio.scan():
                self._strength[ssid] = max(rssi, self._strength.get(ssid, rssi))
        first = len(self._set or known)
        ranks = [(at >= first, -self._strength.get(known[at][0].encode(), -999), at) for at in range(len(known))]
        return [known[rank[2]] for rank in sorted(ranks)]

    def _begin_round(self, at_ms: int) -> None:
        self._next_ms = at_ms
        self._queue, self._faults = [], []

    def _drop(self) -> None:
        self._radio.leave()
        self._on, self._is_joined = None, False

    def _wait(self, now: int) -> int:
        """Not long while it may be a trial: its two minutes are for trying."""
        return self._backoff.after_loss(now - self._well_ms < _HURRY_MS)

    def _doubt(self, now: int) -> None:
        """Called when the server is looked for: over and over again means that it is not found."""
        if now - self._asked_ms > _ASKED_MS:
            self._vain_ms = now
        self._asked_ms = now
        if self._is_joined and now - max(self._vain_ms, self._since) >= _DOUBT_MS:
            self._radio.restart()
            self._on, self._is_joined = None, False
            self._begin_round(now)


def _why(state: int, ssid: str) -> str:
    if state == NOT_FOUND:
        text = "is not in range"
    elif state == WRONG_PASSWORD:
        text = "does not take the password"
    else:
        text = "does not answer" if state == JOINING else "could not be joined"
    return "the Wi-Fi '{}' {}".format(ssid, text)
