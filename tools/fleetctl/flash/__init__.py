"""Flashing: brings MicroPython, the agent and a board's identity onto a board, over its port."""
