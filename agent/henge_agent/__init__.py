"""The agent: what runs on a board. It takes signed documents, applies each whole or not at all, and says which.

The same source runs on CPython and MicroPython. `Agent` in agent.py is the whole of it; a board is passed in.
"""

VERSION = "0.1.0"
