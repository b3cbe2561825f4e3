# Builds the agent into MicroPython itself, so that a board needs no more than /henge.json:
#   make -C ports/rp2 BOARD=RPI_PICO_W FROZEN_MANIFEST=/path/to/firmware/pico/manifest.py
# What is frozen hides what lies on the board: `fleetctl flash` cannot renew the agent there.
include("$(PORT_DIR)/boards/RPI_PICO_W/manifest.py")
package("henge_protocol", base_path="../../agent", opt=2)
package("henge_agent", base_path="../../agent", opt=2)
module("board.py")
module("boot.py")
module("main.py")
