from board import Esp32
from henge_agent.start import start

start(Esp32)
