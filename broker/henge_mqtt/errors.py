"""What can go wrong in the broker, as one tree.

    BrokerError
    ├── ListenError            an address could not be listened on
    └── Malformed              a client broke the protocol; its connection is closed
        └── UnknownVersion     a CONNECT of another protocol level; answered with CONNACK 0x01 first

Only `ListenError` reaches the application. `Malformed` ends one connection and is seen in the log.
"""

import os


class BrokerError(Exception):
    """The root of everything this package raises."""


class ListenError(BrokerError):
    """An address could not be listened on."""

    def __init__(self, host: str, port: int, problem: OSError) -> None:
        # By number, where there is one: the event loop's own words have the address once more.
        number = problem.errno or 0
        why = os.strerror(number) if number > 0 else problem.strerror or problem
        super().__init__(f"cannot listen on {host}:{port}: {why}")
        self.host = host
        self.port = port
        self.errno = problem.errno


class Malformed(BrokerError):
    """A client sent what MQTT 3.1.1 or a limit forbids; the text says what."""


class UnknownVersion(Malformed):
    """A CONNECT whose protocol is not MQTT 3.1.1 (section 3.1.2.2)."""

    def __init__(self, name: bytes, level: int) -> None:
        super().__init__(
            f"protocol {name.decode('ascii', 'replace')} level {level} is not spoken here, only MQTT 3.1.1"
        )
