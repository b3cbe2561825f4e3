from board import Pico
from henge_agent.start import start

start(Pico)
