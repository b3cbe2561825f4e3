"""Start: what main.py does on a board. Begins the agent with what the board was set up with.

Whatever ends it but a person is a crash: it is shown, and the board starts anew; after several in safe mode.
"""

import asyncio

from henge_agent.agent import Agent
from henge_agent.compat import print_exception

SAFE_AFTER = 3  # crashes in a row: once is chance, twice may be, and each costs half a minute without the board


def start(make_board, load=None) -> None:
    """`make_board(provision)` gives the board; `load` is that of provision.py. Returns to the prompt where a person is
    needed or has pressed Ctrl-C.
    """
    found = _provision(load)
    if found is None:
        return
    board = make_board(found)
    try:
        agent = _agent(board, found)
        found = None  # what it came from is of no more use
        asyncio.run(agent.run())
    except KeyboardInterrupt:
        print("henge: stopped; the watchdog starts the board again soon, if it runs")
    except Exception as error:
        print_exception(error)
        board.reboot()


def _provision(load):
    from henge_agent import provision  # for a moment, as passing.py says

    try:
        return (load or provision.load)()
    except ValueError as error:  # BadProvision
        print("henge:", error)
        return None


def _agent(board, found) -> Agent:
    from henge_agent.begin import agent_of  # for a moment

    return agent_of(board, found)
