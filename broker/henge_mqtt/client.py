"""A connection as hooks and the application see it."""


class Client:
    """One client's connection, from its CONNECT to its end. Every connection is a new object."""

    __slots__ = ("clean_session", "connected", "id", "keep_alive", "username")

    def __init__(self) -> None:
        self.id = ""
        """Client id: what the client sent or, if that was empty, what it was given."""
        self.username: str | None = None
        self.clean_session = True
        self.keep_alive = 0
        """Seconds, as announced; 0 means none."""
        self.connected = False
        """True from the accepted CONNECT to the end."""

    @property
    def address(self) -> str:
        """Where it comes from, `host:port`; empty when that is no longer known."""
        raise NotImplementedError

    def close(self, reason: str) -> None:
        """End the connection; its will is published. `reason` goes to the log and to `Hooks.on_presence`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<client {self.id!r} at {self.address}>"
