"""The server's address as a setting: a whole fleet can be told to go elsewhere, on probation."""

from henge_agent.address import Address
from henge_agent.drivers.driver import Driver


class Server(Driver):
    """`address` is where to connect. `first` is what the board was set up with, and holds where nothing is set.

    Without a CA (`has_ca`) no server can be known, so an address that asks for TLS is refused.
    """

    SETTINGS = {
        "server.address": {"type": "string", "max_length": 128, "default": "", "risky": True},
    }

    def __init__(self, first: Address, has_ca: bool) -> None:
        self._first = self.address = first
        self._has_ca = has_ca

    def apply(self, values: dict) -> None:
        """Raises ValueError for what is no address."""
        text = values["server.address"]
        address = _parsed(text, self._has_ca) if text else self._first
        if address.with_tls and not self._has_ca:
            raise ValueError("this board has no CA, so it cannot use TLS")
        self.address = address


def _parsed(text: str, has_ca: bool) -> Address:
    from henge_agent.address_text import parse  # for a moment

    return parse(text, has_ca)
