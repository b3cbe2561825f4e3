"""Credential: who a board is and how it proves it. Pure."""


class Credential:
    """`device` is also the MQTT user name; `key` is 32 bytes and checks what the server signs.

    `authorities` are the CA certificates by which the board knows its server, each in DER: the form that MicroPython's
    TLS takes on every board, and two thirds of PEM. Empty: TLS is not possible.
    """

    def __init__(self, device: str, password: str, key: bytes, authorities: "tuple[bytes, ...]" = ()) -> None:
        self.device = device
        self.password = password
        self.key = key
        self.authorities = authorities
