"""What a server and a board must agree on: topics, messages, values, signatures.

Pure code for two runtimes, CPython and MicroPython: it opens nothing, waits for nothing and imports nothing of henge's.
The page that describes it for other implementers is docs/protocol.md.
"""

PROTOCOL_VERSION = 1
