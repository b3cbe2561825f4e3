# Builds the agent into MicroPython itself, so that a board needs no more than /henge.json:
#   make -C ports/esp32 BOARD=ESP32_GENERIC FROZEN_MANIFEST=/path/to/firmware/esp32/manifest.py
# What is frozen hides what lies on the board: `fleetctl flash` cannot renew the agent there.
include("$(PORT_DIR)/boards/manifest.py")
package("henge_protocol", base_path="../../agent", opt=2)
package("henge_agent", base_path="../../agent", opt=2)
module("board.py")
module("boot.py")
module("main.py")
