# A moment for Ctrl-C, and so for mpremote, before the watchdog runs; the rest is in board.py and henge_agent/start.py.
import time

from board import Pico
from henge_agent.start import start

print("henge: starts in 3 s; Ctrl-C stops it here")
time.sleep(3)  # a computer needs about one to find the board
start(Pico)
