"""Address: where a server listens for its boards."""


class Address:
    """A host, a port, and whether the connection is encrypted."""

    def __init__(self, host: str, port: int, with_tls: bool) -> None:
        self.host = host
        self.port = port
        self.with_tls = with_tls

    def __str__(self) -> str:
        return "{}:{}".format(self.host, self.port)
