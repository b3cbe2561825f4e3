"""Trust: which servers the board believes, what is wrong where one of the two does not believe the other, and what a
person can do about it.
"""

from henge_agent.compat import IS_MICROPYTHON

_OTHER_CA, _OTHER_HOST, _EXPIRED, _NOT_YET = range(4)

_FAULTS = {  # OpenSSL's number of it, and mbedTLS's sentence: MicroPython hands out nothing else
    _OTHER_CA: ((2, 7, 18, 19, 20, 21), "not correctly signed by the trusted CA"),
    _OTHER_HOST: ((62, 64), "does not match with the expected CN"),
    _EXPIRED: ((10,), "validity has expired"),
    _NOT_YET: ((9,), "validity starts in the future"),
}
_WHAT = {
    _OTHER_CA: "its certificate is not from the CA in this credential",
    _OTHER_HOST: "its certificate is not for {host}",
    _EXPIRED: "its certificate has expired",
    _NOT_YET: "its certificate is not valid yet",
}
_TODO = {
    _OTHER_CA: "is it another server? `fleetctl device rotate {device} --out FILE` writes a credential with its CA",
    _OTHER_HOST: "connect to a name or an address that is in it, or add {host} to the server's setting tls_names",
    _EXPIRED: "is this board's clock right? The server's log says what is wrong with its certificate",
    _NOT_YET: "is this board's clock right?",
}
_REFUSALS = {  # return codes of CONNACK (MQTT 3.1.1, 3.2.2.3) that will be the same the next time
    1: "the server does not speak MQTT 3.1.1",
    2: "the server does not take this device's id",
    4: "the server does not know this user name and password",
    5: "the server does not let this device in",
}
_NEW_CREDENTIAL = "`fleetctl device rotate {device} --out FILE` makes a new credential; `device add`, if it was removed"


def tls_context(authorities: "tuple[bytes, ...]"):
    """For connections to servers whose certificate one of these CAs (DER) has issued. Raises ValueError, OSError.

    To be made once: it takes some kilobytes, and a small heap falls into pieces.
    """
    try:
        import tls  # type: ignore[import-not-found]
    except ImportError:
        import ssl as tls  # CPython: imported here, since it takes 20 ms that only TLS is worth
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    for authority in authorities:
        if IS_MICROPYTHON:
            context.load_verify_locations(authority)
        else:
            context.load_verify_locations(cadata=authority)
    return context


def certificate(error: BaseException, host: str) -> "tuple[str, list[str]]":
    """What is wrong with the certificate that the server at `host` showed, in one sentence, and what to do about it;
    empty where the error is about something else. MicroPython names all that is wrong, CPython the first that it finds.

    What to do is to be formatted with `device`.
    """
    code = getattr(error, "verify_code", None)
    text = str(error) if isinstance(error, ValueError) else ""
    faults = [fault for fault, (codes, words) in _FAULTS.items() if (code in codes if code else words in text)]
    todo = [_TODO[fault].replace("{host}", host) for fault in faults]
    return " and ".join([_WHAT[fault].format(host=host) for fault in faults]), todo


def refusal(code: int) -> "tuple[str, list[str]]":
    """What a server means that answers CONNECT with this code, and what to do about it, likewise; empty where the next
    time may be another.
    """
    return _REFUSALS.get(code, ""), [_NEW_CREDENTIAL] if code >= 4 else []
