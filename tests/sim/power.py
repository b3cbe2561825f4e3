"""Power: turns simulated boards off and on, as the relay of a bench does with real ones."""

from fleetsim.board import SimBoard


class Power:
    async def cut(self, board: SimBoard) -> None:
        """In the middle of whatever it does; the server hears nothing of it."""
        await board.power_off()

    async def restore(self, board: SimBoard, cause: str = "power") -> None:
        """It starts from what is on its flash. `cause` is what its chip says of the start."""
        board.power_on(cause)

    async def cycle(self, board: SimBoard) -> None:
        await self.cut(board)
        await self.restore(board)
