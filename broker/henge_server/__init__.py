"""The henge server: keeps what every board of a fleet should be, and knows what became of it."""

__version__ = "0.1.0"
