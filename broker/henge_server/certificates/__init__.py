"""Certificates: what the TLS port shows, made here or brought by a person, and the CA by which boards know it.

Nothing in here listens or speaks TLS; the context that it keeps up to date is the broker's.
"""

from henge_server.certificates.brought import Brought
from henge_server.certificates.hostnames import host_names
from henge_server.certificates.issued import Issued
from henge_server.certificates.keeper import Keeper

__all__ = ["Brought", "Issued", "Keeper", "host_names"]
