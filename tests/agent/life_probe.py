"""Lives a board's life of the messages on standard input, and answers with a line of JSON. Run by MicroPython.

A message is a line of hex after a colon; an empty line ends the life.
"""

import binascii
import json
import sys

from agent_fakes import Life


def answer(life: Life) -> dict:
    """The reports, each [rev, state, {key: code}], and what is in use at the end."""
    reports = []
    for report in life.wire.reports:
        reports.append([report.rev, report.state, {key: entry[0] for key, entry in report.errors.items()}])
    return {"reports": reports, "rev": life.rev, "values": life.driver.values}


def main() -> None:
    life = Life()
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        if line == "\n":
            sys.stdout.write(json.dumps(answer(life)) + "\n")
            life = Life()
        else:
            life.takes(binascii.unhexlify(line[1:-1]))


if __name__ == "__main__":
    main()
