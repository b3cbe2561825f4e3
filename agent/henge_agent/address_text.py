"""Address text: a server's address in the form in which people write it. Pure."""

from henge_agent.address import Address

PORTS = {"mqtts": 8883, "mqtt": 1883}


class BadAddress(ValueError):
    """A text that is no address. Says what one looks like."""


def parse(text: str, prefers_tls: bool) -> Address:
    """`mqtts://HOST[:PORT]`, `mqtt://HOST[:PORT]`, or HOST:PORT. Raises BadAddress.

    Where no scheme is named it is with TLS if that is preferred, and at 8883: that port is for TLS only, and a password
    is not to be tried there in the clear.
    """
    scheme, rest = "", text
    for name, default in PORTS.items():
        if text.startswith(name + "://"):
            scheme, rest = name, text[len(name) + 3 :]
            if ":" not in rest or rest.endswith("]"):  # [::1]
                rest += ":" + str(default)
    host, _, port = rest.rpartition(":")
    if not host or "/" in rest or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadAddress("expected HOST:PORT, like 192.168.1.5:8883, or mqtts://HOST")
    number = int(port)
    with_tls = scheme == "mqtts" or (not scheme and (prefers_tls or number == PORTS["mqtts"]))
    return Address(host.strip("[]"), number, with_tls)
