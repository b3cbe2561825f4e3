"""What MicroPython starts, see life.py: its module is the board's `__main__`, so all that is done is in startup.py."""

import startup

startup.main(globals())
