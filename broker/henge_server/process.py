"""The process: what the server asks of the interpreter and the system, so that its one loop is seldom held up."""

import gc
import resource
import sys

# Seconds that a thread may keep the interpreter while another waits. The store's writer lets go of it several times in
# a commit and has to get it back from a busy event loop each time (docs/decisions/0002).
_SWITCH_INTERVAL_S = 0.00001

# Second-generation collections after which the garbage collector looks at everything. With a thousand boards that takes
# 30 ms, and with Python's 10 it happens about once a second under load.
_FULL_COLLECTION_AFTER = 100


def prepare() -> None:
    """Before anything is started. The usual soft limit of 1,024 open files is less than a fleet."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def settle() -> None:
    """Once everything is started: what is there now stays, so the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FULL_COLLECTION_AFTER)
