"""Begin: the agent of a board, made of what the board was set up with. A start needs it, and nothing after."""

from henge_agent import own_drivers
from henge_agent.agent import Agent
from henge_agent.drivers.server import Server
from henge_agent.start import SAFE_AFTER
from henge_agent.trust import tls_context


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
