"""Hearing: whether the server has had a hello from one board since a moment, as its events tell, in a thread."""

import threading
from contextlib import suppress

from fleetctl.client import Client
from fleetctl.errors import FleetctlError, NotReachable

_BEGIN_S = 10.0  # until the server has answered; it says something at once


class Hearing:
    """Of one device, and the board with this unique id. It ends by itself when the client is closed."""

    def __init__(self, client: Client, device: str, uid: str) -> None:
        self._client = client
        self._device = device
        self._uid = uid
        self._begun = threading.Event()
        self._heard = threading.Event()
        threading.Thread(target=self._listen, name=f"hearing {device}", daemon=True).start()
        if not self._begun.wait(_BEGIN_S):
            raise NotReachable("The server does not send its events. `fleetctl doctor` looks into it.")

    @property
    def has_heard(self) -> bool:
        return self._heard.is_set()

    def _listen(self) -> None:
        from fleetctl.events import Events

        with suppress(FleetctlError, RuntimeError):  # httpx raises RuntimeError from a client that was closed
            for event in Events(self._client, lambda text: None, self._begun.set).follow(self._device):
                if event["kind"] == "device.heard" and event["data"].get("uid", self._uid) == self._uid:
                    self._heard.set()
                    return
