"""Lookup: the address of a host, asked of a name server while everything else goes on.

MicroPython's own getaddrinfo blocks for seven seconds for each name server that does not answer (lwIP, dns.c), and a
Pico's watchdog waits for 8.4: a board in a network without the internet would start over and over again.
"""

import asyncio
import os

_PORT = 53
_TRIES = 2  # a packet may be lost
_LOOKS = 15  # for the answer, in each try
_LOOK_S = 0.1
_IPV4 = 1  # RFC 1035, 3.2.2


async def find(host: str, server: str, port: int = _PORT, look_s: float = _LOOK_S) -> str:
    """The IPv4 address of `host`, as `server`, an address, knows it. Raises OSError, after three seconds at most.

    What is an address already, or a name of mDNS, comes back as it is: that is MicroPython's own affair.
    """
    if ":" in host or host.endswith(".local") or host.replace(".", "").isdigit():
        return host
    try:
        return _first_address(*await _ask(host, server, port, look_s))
    except (IndexError, ValueError):  # no name can have such a part, or the answer is cut off
        raise OSError("the name server has no answer for " + host)


async def _ask(host: str, server: str, port: int, look_s: float) -> tuple:
    """The answer, and where in it the question ends. Raises OSError, ValueError."""
    import socket  # not on the emulated board

    parts = [bytes([len(part)]) + part.encode() for part in host.split(".")]
    question = os.urandom(2) + b"\1\0\0\1\0\0\0\0\0\0" + b"".join(parts) + b"\0\0\1\0\1"  # RFC 1035, 4.1
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        asking.setblocking(False)
        for _ in range(_TRIES):
            asking.sendto(question, socket.getaddrinfo(server, port)[0][-1])
            for _ in range(_LOOKS):
                await asyncio.sleep(look_s)
                try:
                    answer = asking.recv(512)
                except OSError:
                    continue  # nothing yet
                if answer[:2] == question[:2]:
                    return answer, len(question)
    finally:
        asking.close()
    raise OSError("the name server {} does not answer".format(server))


def _first_address(answer: bytes, at: int) -> str:
    """Raises OSError, IndexError."""
    for _ in range(answer[7]):
        while answer[at] and answer[at] < 0xC0:
            at += 1 + answer[at]
        at += 2 if answer[at] else 1  # a pointer to another name, or the end of this one
        size = answer[at + 9]
        if answer[at + 1] == _IPV4 and size == 4:
            return ".".join([str(answer[at + 10 + part]) for part in range(4)])
        at += 10 + size
    raise OSError("there is no such host, says the name server")
