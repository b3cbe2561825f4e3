"""The version of this package, as it tells it to clients that ask."""

VERSION = "0.1.0"
