"""A 32-bit board that QEMU emulates, for what only such a processor shows: its heap, its numbers. It has no network."""
