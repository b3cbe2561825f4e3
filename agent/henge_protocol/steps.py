"""Steps: whether a number is one that a setting with a step takes. Pure; few settings have one.

A board's arithmetic rounds to 24 bits, a server's to 53. What decides is therefore done in whole numbers here.
"""

import struct

# How far off a multiple of the step a value may be, as a share of the largest number in play: two bits of a single's
# 24, since value, minimum and step were each rounded once.
_STEP_TOLERANCE_BITS = 22


def is_on_step(value: "int | float", start: "int | float", step: "int | float") -> bool:
    """Whether `value` is `start` plus a multiple of `step`; all three whole, or all three singles."""
    if isinstance(value, int) and isinstance(start, int) and isinstance(step, int):
        return (value - start) % step == 0
    scaled_value, scaled_start, scaled_step = _scaled(value), _scaled(start), _scaled(step)
    offset = abs(scaled_value - scaled_start)
    rest = offset % scaled_step
    rest = min(rest, scaled_step - rest)
    return rest << _STEP_TOLERANCE_BITS <= max(abs(scaled_value), abs(scaled_start), scaled_step)


def _scaled(value: "int | float") -> int:
    """A single as a whole number of 2**-149, the smallest single there is."""
    bits = struct.unpack(">I", struct.pack(">f", value))[0]
    exponent, mantissa = bits >> 23 & 0xFF, bits & 0x7FFFFF
    size = (mantissa | 0x800000) << (exponent - 1) if exponent else mantissa
    return -size if bits >> 31 else size
