"""Own drivers: those that somebody has put on a board beside henge's, in a file `drivers.py` that has a function
`drivers(board)`. Whatever is wrong with that file, the agent goes on without it.
"""

from henge_protocol.verdicts import Declared

from henge_agent.drivers.driver import Driver


class OwnDrivers(Driver):
    """In the place of drivers that could not be had; says why whenever it is started."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def run(self, tell) -> None:
        raise self._error


def load(board, others: list) -> list:
    """The drivers of the file, none where there is no file. What the others declare is theirs."""
    taken = [key for driver in others for key in driver.SETTINGS]
    try:
        import drivers  # type: ignore[import-not-found]

        found = drivers.drivers(board)
        for driver in found:
            list(Declared(driver.SETTINGS).items())  # raises where one cannot be understood
            for key in driver.SETTINGS:
                if key in taken:
                    raise ValueError("two drivers declare " + key)
                taken.append(key)
        return found
    except Exception as error:
        is_missing = isinstance(error, ImportError) and "'drivers'" in str(error)
        return [] if is_missing else [OwnDrivers(error)]
