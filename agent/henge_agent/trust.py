"""Trust: what is wrong with the certificate that a server has shown, and what a person can do about it. Pure."""

from henge_agent.compat import EXPIRED, NOT_YET, OTHER_CA, OTHER_HOST

_WHAT = {
    OTHER_CA: "its certificate is not from the CA in this credential",
    OTHER_HOST: "its certificate is not for {host}",
    EXPIRED: "its certificate has expired",
    NOT_YET: "its certificate is not valid yet",
}
_TODO = {
    OTHER_CA: "is it another server? `fleetctl device rotate {device} --out FILE` writes a credential with its CA",
    OTHER_HOST: "connect to a name or an address that is in it, or add {host} to the server's setting tls_names",
    EXPIRED: "is this board's clock right? The server's log says what is wrong with its certificate",
    NOT_YET: "is this board's clock right?",
}


def what(faults: "list[str]", host: str) -> str:
    """All that is wrong, in one sentence."""
    return " and ".join(_WHAT[fault].format(host=host) for fault in faults)


def todo(faults: "list[str]", host: str, device: str) -> "list[str]":
    """What to do about each."""
    return [_TODO[fault].format(host=host, device=device) for fault in faults]
