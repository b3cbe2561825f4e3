"""What of an ELF file is in a board's flash is told by its header."""

import struct
from pathlib import Path

from bench.firmware.frozen import loaded

_HEADER = 52  # bytes of an ELF header of 32 bits, and 32 of each program header (ELF specification)


def elf(*segments: tuple[int, int]) -> bytes:
    """Segments are (type, bytes in the file)."""
    head = bytearray(_HEADER)
    struct.pack_into("<I", head, 28, _HEADER)
    struct.pack_into("<HH", head, 42, 32, len(segments))
    return bytes(head) + b"".join(struct.pack("<8I", kind, 0, 0, 0, size, 9999, 0, 0) for kind, size in segments)


def test_only_what_is_loaded_counts_and_no_memory_that_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "some.elf"
    file.write_bytes(elf((1, 2000), (4, 70), (1, 24)))
    assert loaded(file) == 2024
