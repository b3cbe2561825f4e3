"""The names and addresses by which boards may call this host, as the kernel and the resolver tell them.

Reads the kernel's own lists in /proc: they need no package, no permission and no child process.
"""

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

_ALWAYS = ("localhost", "127.0.0.1", "::1")
_IPV4 = Path("/proc/net/fib_trie")
_IPV6 = Path("/proc/net/if_inet6")
_TEMPORARY = 0x01  # IFA_F_TEMPORARY: an address that the kernel changes every day, for privacy


def host_names() -> set[str]:
    """Host name, with its domain and with .local, and all addresses of the interfaces.

    May wait for a name server, so it is not to be called on the event loop.
    """
    return {*_ALWAYS, *_names(socket.gethostname(), socket.getfqdn()), *ipv4(_read(_IPV4)), *ipv6(_read(_IPV6))}


def ipv4(trie: str) -> Iterator[str]:
    """The local addresses in the text of /proc/net/fib_trie: an address, and below it `/32 host LOCAL`."""
    address = ""
    for line in trie.splitlines():
        words = line.split()
        if words[:1] == ["|--"]:
            address = words[1]
        elif words == ["/32", "host", "LOCAL"]:
            yield address


def ipv6(table: str) -> Iterator[str]:
    """The addresses in the text of /proc/net/if_inet6, but for those that are for one link or one day only."""
    for line in table.splitlines():
        number, _, _, _, flags, _ = line.split()
        address = ipaddress.IPv6Address(int(number, 16))
        if not address.is_link_local and not int(flags, 16) & _TEMPORARY:
            yield str(address)


def _names(host: str, full: str) -> Iterator[str]:
    short = host.partition(".")[0]
    for name in (host, full, short, f"{short}.local"):
        if name.isascii() and not _is_address(name) and name.strip("."):
            yield name.strip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _read(path: Path) -> str:
    """Empty where the kernel has no such list (IPv6 is off, or it is not Linux)."""
    try:
        return path.read_text()
    except OSError:
        return ""
