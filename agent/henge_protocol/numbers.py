"""Numbers as boards have them: single floats, and whole numbers of 32 bits."""

import struct

# Largest finite single (IEEE 754 binary32). Calculated, since MicroPython reads long decimals a bit off.
MAX_SINGLE = 0xFFFFFF * 2.0**104
INT_MIN, INT_MAX = -(1 << 31), (1 << 31) - 1  # a setting's whole numbers: 32 bits, signed


def single(value: "int | float") -> float:
    """`value` rounded to the nearest single. Raises ValueError where that is not finite."""
    if value != value or not -MAX_SINGLE <= value <= MAX_SINGLE:
        raise ValueError("not a finite single float")
    return struct.unpack(">f", struct.pack(">f", value))[0]
