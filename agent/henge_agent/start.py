"""Start: what main.py does on a board. Begins the agent with what the board was set up with.

Whatever ends it but a person is a crash: it is shown, and the board starts anew; after several in safe mode.
"""

import asyncio

from henge_agent import own_drivers, provision
from henge_agent.agent import Agent
from henge_agent.compat import print_exception, tls_context
from henge_agent.drivers.server import Server
from henge_agent.provision import BadProvision

SAFE_AFTER = 3  # crashes in a row: once is chance, twice may be, and each costs half a minute without the board


def start(make_board, load=provision.load) -> None:
    """`make_board(provision)` gives the board. Returns to the prompt where a person is needed or has pressed Ctrl-C."""
    try:
        found = load()
    except BadProvision as error:
        print("henge:", error)
        return
    board = make_board(found)
    try:
        asyncio.run(agent_of(board, found).run())
    except KeyboardInterrupt:
        print("henge: stopped; the watchdog starts the board again soon, if it runs")
    except Exception as error:
        print_exception(error)
        board.reboot()


def agent_of(board, found) -> Agent:
    """The agent for a board that was set up so, with the drivers that lie beside it; in safe mode without those."""
    safe = board.crashes >= SAFE_AFTER
    if safe:
        print("henge: safe mode, after {} crashes in a row: drivers are left alone".format(board.crashes))
    drivers = board.drivers()
    if not safe:  # importing those of somebody else may be what crashes
        others = [Server] + ([board.wifi] if board.wifi else []) + drivers
        drivers += own_drivers.load(board, others)
    authorities = found.credential.authorities
    return Agent(
        board,
        found.credential,
        found.address,
        drivers,
        log=lambda level, text: print("henge: " + text),
        tls=tls_context(authorities) if authorities else None,
        is_safe=safe,
    )
