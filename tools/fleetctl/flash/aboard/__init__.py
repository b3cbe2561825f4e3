"""What runs on the board itself while it is flashed: texts for MicroPython, which fleetctl.flash.script sends there."""
