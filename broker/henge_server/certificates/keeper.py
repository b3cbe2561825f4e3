"""The keeper: looks after the certificate from time to time, and puts a new one into the TLS context that is in use.

Connections that are open stay open: they have done with the certificate that they were made with.
"""

import asyncio
import ssl
from collections.abc import Callable, Set
from pathlib import Path
from typing import Protocol

import structlog
from henge_mqtt import CertificateError, load, server_context

from henge_server.errors import CannotStart, HengeError

log = structlog.get_logger("henge.tls")


class Source(Protocol):
    """Where the certificate comes from: made here (Issued), or brought by a person (Brought)."""

    EVERY_S: float

    @property
    def ca(self) -> bytes: ...

    @property
    def certificate_file(self) -> Path: ...

    @property
    def key_file(self) -> Path | None: ...

    def look(self, host_names: Set[str]) -> bool: ...


class Keeper:
    """One certificate and the context that shows it. `host_names` may wait, so it is called in a thread."""

    def __init__(self, source: Source, host_names: Callable[[], Set[str]]) -> None:
        self._source = source
        self._host_names = host_names
        self.context: ssl.SSLContext
        """Of the listener; after `open`."""
        self.ca = b""
        """PEM, as boards are given it; after `open`."""

    async def open(self) -> None:
        """Raises CannotStart where there is no certificate to listen with, OSError where none can be written."""
        self._source.look(await asyncio.to_thread(self._host_names))
        try:
            self.context = server_context(self._source.certificate_file, self._source.key_file)
        except CertificateError as error:
            raise CannotStart(f"TLS: {error}.") from error
        self.ca = self._source.ca

    async def look(self) -> None:
        """Once; what goes wrong is said, and the certificate there is stays in use."""
        names = await asyncio.to_thread(self._host_names)
        try:
            if self._source.look(names):
                load(self.context, self._source.certificate_file, self._source.key_file)
                self.ca = self._source.ca
                log.info("the new certificate is in use", file=str(self._source.certificate_file))
        except (CertificateError, HengeError, OSError, ValueError) as error:
            log.error("no new certificate; the one before stays in use", why=str(error))

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(self._source.EVERY_S)
            await self.look()
