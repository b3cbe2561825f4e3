"""The thread that keeps a virtual board going: carries its console to the port and back, restarts its interpreter after
a reset and times its watchdog. What a board finds around it is decided in surroundings.py.
"""

import os
import queue
import selectors
import threading
import time
from collections.abc import Callable

from fleetsim.virtual.life import Life
from fleetsim.virtual.port import Port
from fleetsim.virtual.surroundings import Surroundings

_LOOK_EVERY = 0.02  # seconds; nobody is told when a program opens a pty
_RETRY_INTERRUPT = 0.001
_FORCE_INTERRUPT = 2.0  # a program that computes for so long is interrupted wherever it is
_CTRL_C = 3
_HEARD_BYTES = 1 << 20  # of the console, the newest


class Mains:
    """`born(cause, mode)` starts a life. All of it happens in one thread, which lives until close()."""

    def __init__(self, port: Port, surroundings: Surroundings, born: Callable[[str, str], Life], speed: int) -> None:
        self.changed = threading.Condition()
        self.heard = b""
        self.heard_in_all = 0
        self.failure: BaseException | None = None
        self._port, self._surroundings, self._born = port, surroundings, born
        self._life: Life | None = None
        self._requests: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        self._wake_read, self._wake = os.pipe()
        self._is_over = False
        self._typed, self._printed = b"", b""
        self._ctrl_c_at: float | None = None
        self._interruptible = False
        self._speed = speed
        self._bites_at: float | None = None  # when the watchdog does
        self._thread = threading.Thread(target=self._run, name=f"virtual board {port.name}", daemon=True)
        self._thread.start()

    @property
    def is_on(self) -> bool:
        return self._life is not None

    def power(self, on: bool) -> None:
        """Returns when it is done. Off: the interpreter is dead."""
        self._request(self._switch_on if on else self._switch_off)

    def close(self) -> None:
        if self._thread.is_alive():
            self._request(self._finish)
            self._thread.join()
            os.close(self._wake)
            os.close(self._wake_read)

    def _request(self, action: Callable[[], None]) -> None:
        done = threading.Event()
        self._requests.put((action, done))
        os.write(self._wake, b"!")
        while not done.wait(1.0):
            if not self._thread.is_alive():
                break
        if self.failure:
            raise RuntimeError("the virtual board has failed") from self.failure

    def _run(self) -> None:
        try:
            while not self._is_over:
                self._turn()
        except BaseException as error:
            self.failure = error
        finally:
            self._end_life("power")
            with self.changed:
                self.changed.notify_all()

    def _turn(self) -> None:
        """Waits for something to do, and does it."""
        life = self._life
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            if life:
                selector.register(life.wire, selectors.EVENT_READ)
                if len(self._printed) < 1 << 16:
                    selector.register(life.console, selectors.EVENT_READ)
            if self._port.is_open and not self._typed:
                selector.register(self._port, selectors.EVENT_READ | (selectors.EVENT_WRITE if self._printed else 0))
            ready = {key.fd for key, _ in selector.select(self._patience())}
        if self._wake_read in ready:
            os.read(self._wake_read, 1 << 10)
            self._do_requests()
        if life and life is self._life:
            if life.wire.fileno() in ready:
                for event in life.events():
                    self._happened(life, event)
        if life and life is self._life and life.console.fileno() in ready:
            self._hear(life)
        self._printed = self._port.write(self._printed)
        self._take_typed()
        self._keep_time()

    def _patience(self) -> float:
        if self._ctrl_c_at is not None and self._interruptible:
            return _RETRY_INTERRUPT
        left = 1.0 if self._bites_at is None else self._bites_at - time.monotonic()
        return max(0.0, min(left, _LOOK_EVERY))

    def _do_requests(self) -> None:
        while not self._requests.empty():
            action, done = self._requests.get()
            try:
                action()
            finally:
                done.set()

    def _switch_on(self) -> None:
        if self._life is None:
            self._surroundings.power_failed()
            self._start("power", "friendly")

    def _switch_off(self) -> None:
        self._end_life("power")
        self._surroundings.power_failed()

    def _finish(self) -> None:
        self._is_over = True

    def _start(self, cause: str, mode: str) -> None:
        self._end_life(cause)
        if cause != "soft":
            self._surroundings.cause = cause
        self._life = self._born(cause, mode)

    def _end_life(self, cause: str) -> None:
        life, self._life = self._life, None
        self._interruptible, self._ctrl_c_at, self._bites_at = False, None, None
        if life:
            self._surroundings.dies()
            life.end()
            self._surroundings.reset(cause)

    def _hear(self, life: Life) -> None:
        printed = life.print()
        if printed is None:
            for event in life.events():  # the last word
                self._happened(life, event)
            if life is self._life:
                raise RuntimeError("the interpreter ended by itself: " + self.heard[-2000:].decode(errors="replace"))
            return
        self._printed += printed
        with self.changed:
            self._note(printed)
            self.changed.notify_all()

    def _note(self, printed: bytes) -> None:
        self.heard = (self.heard + printed)[-_HEARD_BYTES:]
        self.heard_in_all += len(printed)

    def _happened(self, life: Life, event: dict) -> None:
        if life is not self._life:
            return
        if "reset" in event:
            while printed := life.print():
                self._printed += printed
                self._note(printed)
            self._start(event["reset"], event.get("mode", "friendly"))
        elif event.get("ask") == "interrupts":
            self._interruptible = event["allowed"]
            if not self._interruptible:
                self._ctrl_c_at = None
            life.answer(True)
        elif "watchdog" in event:
            self._bites_at = time.monotonic() + event["watchdog"] / 1000 / self._speed
        elif "ask" in event:
            life.answer(self._surroundings.answer(event))
        else:
            self._surroundings.happened(event)
        with self.changed:
            self.changed.notify_all()

    def _take_typed(self) -> None:
        """Ctrl-C is heard by the hardware at once, whatever was typed before it, while it interrupts."""
        if not self._typed:
            self._typed = self._port.read()
            if self._interruptible and _CTRL_C in self._typed:
                self._typed = self._typed.replace(bytes([_CTRL_C]), b"")
                self._ctrl_c_at = self._ctrl_c_at or time.monotonic()
        if self._typed:
            self._typed = self._life.type(self._typed) if self._life else b""

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._bites_at is not None and now >= self._bites_at:
            self._start("watchdog", "friendly")
        elif self._ctrl_c_at is not None and self._interruptible and self._life:
            if self._life.interrupt(force=now - self._ctrl_c_at > _FORCE_INTERRUPT):
                self._ctrl_c_at = None
