"""Many simulated boards on one ground, each with an agent, a flash and a place of its own."""

import asyncio
from collections.abc import Iterator

from henge_agent.address import Address
from henge_agent.credential import Credential

from fleetsim.board import SimBoard
from fleetsim.network import Ground, Spot


class Fleet:
    """`address` and `networks` are what every board was set up with."""

    def __init__(self, ground: Ground, address: Address, networks: list[tuple[str, str]]) -> None:
        self.ground = ground
        self._address = address
        self._networks = networks
        self._boards: dict[str, SimBoard] = {}

    def __iter__(self) -> Iterator[SimBoard]:
        return iter(self._boards.values())

    def __getitem__(self, device: str) -> SimBoard:
        return self._boards[device]

    def add(self, credential: Credential) -> SimBoard:
        """A board with that credential; it is off."""
        board = SimBoard(credential, self._address, Spot(self.ground), self._networks)
        self._boards[board.id] = board
        return board

    async def close(self) -> None:
        await asyncio.gather(*(board.close() for board in self))
