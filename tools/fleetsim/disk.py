"""SimulatedDisk: a PC's files, in memory, whose power can fail at any step that file_storage.FileStorage takes.

What was not synced may be lost, or be there in part: of each write any run of bytes, of each name whether it is there.
That is as much as POSIX lets a file system do, and more than most do.
"""

_MISSING = 2  # ENOENT
_ABSENT = object()  # in the place of what a name stands for


class PowerCut(Exception):
    """The power fails: nothing after it happens."""


class SimulatedDisk:
    """In the place of file_storage.Disk, with what `files()` of another one gave. `operations` counts the steps.

    `syncs`: whether what was synced is there for good; a test may want a disk that does not keep its word.
    """

    def __init__(self, files: "dict | None" = None, syncs: bool = True) -> None:
        self.operations = 0
        self.is_dead = False
        self.syncs = syncs
        # What a name stands for: a _Content, or None for a folder.
        self._names = {path: data if data is None else _Content(data) for path, data in (files or {}).items()}
        self._synced = dict(self._names)  # as it is on the medium
        self._cut_at = 0
        self._chance = _Chance(None)

    def cut(self, after: int, seed: "int | None" = None) -> None:
        """The power fails after so many more steps; with a seed, something of what was not synced is there all the
        same.
        """
        self._cut_at = self.operations + after + 1
        self._chance = _Chance(None if seed is None else seed * 1000003 + self._cut_at)

    def again(self) -> "SimulatedDisk":
        """The disk when the power is back. The old object stays dead, as are files opened on it."""
        self.is_dead = True
        disk = SimulatedDisk(self.files(), self.syncs)
        disk.operations = self.operations
        return disk

    def files(self) -> dict:
        """What a cut leaves, by path: bytes, or None for a folder."""
        left = {}
        for path in sorted(set(self._names) | set(self._synced)):
            now, before = self._names.get(path, _ABSENT), self._synced.get(path, _ABSENT)
            content = now if now is before or self._chance.of(2) else before
            if content is not _ABSENT:
                left[path] = content.left(self._chance) if isinstance(content, _Content) else None
        return left

    def open(self, path: str, mode: str) -> "_File":
        """As the built-in function does. Raises OSError where there is nothing to read, PowerCut."""
        self._need_power()
        if mode == "wb":
            self._names[path] = _Content()
            self.step()
        content = self._names.get(path)
        if content is None:
            raise OSError(_MISSING, "no such file")
        return _File(self, content)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of that name."""
        self._need_power()
        return path in self._names

    def mkdir(self, path: str) -> None:
        """A folder, for good once the one above it is synced."""
        self._need_power()
        self._names[path] = None
        self.step()

    def remove(self, path: str) -> None:
        """The name is gone, for good once its folder is synced."""
        self._need_power()
        del self._names[path]
        self.step()

    def sync_file(self, file: "_File") -> None:
        """What was written to the file is there for good; whether its name is, is another matter."""
        self.step()
        if self.syncs:
            file.content.sync()

    def sync_folder(self, path: str) -> None:
        """Which names are in the folder is so for good."""
        self.step()
        for name in set(self._names) | set(self._synced):
            if name.rsplit("/", 1)[0] == path and name in self._names:
                self._synced[name] = self._names[name]
            elif name.rsplit("/", 1)[0] == path:
                del self._synced[name]

    def step(self) -> None:
        """One step is taken, unless the power fails."""
        self._need_power()
        self.operations += 1
        if self.operations == self._cut_at:
            self.is_dead = True
            raise PowerCut()

    def _need_power(self) -> None:
        if self.is_dead:
            raise PowerCut()


class _Content:
    """What is in a file: on the medium, and what was written since."""

    def __init__(self, synced: bytes = b"") -> None:
        self._synced = synced
        self._changes: list = []  # (where, bytes), in their order
        self.now = bytearray(synced)

    def write(self, at: int, data: bytes) -> None:
        self._changes.append((at, bytes(data)))
        _put(self.now, at, data)

    def sync(self) -> None:
        self._synced = bytes(self.now)
        self._changes = []

    def left(self, chance: "_Chance") -> bytes:
        """What a cut leaves: of each change all, nothing or a run of bytes."""
        left = bytearray(self._synced)
        for at, data in self._changes:
            start, end = chance.run(len(data))
            if end > start:
                _put(left, at + start, data[start:end])
        return bytes(left)


class _File:
    """An open file. What is read is what was written, synced or not."""

    def __init__(self, disk: SimulatedDisk, content: _Content) -> None:
        self._disk = disk
        self.content = content
        self._at = 0

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_) -> None:
        pass

    def seek(self, at: int) -> None:
        self._at = at

    def read(self, count: int) -> bytes:
        data = bytes(self.content.now[self._at : self._at + count])
        self._at += len(data)
        return data

    def write(self, data: bytes) -> None:
        if not self._disk.is_dead:
            self.content.write(self._at, data)
        self._disk.step()
        self._at += len(data)


class _Chance:
    """Numbers that follow from a seed; without one, always the smallest."""

    def __init__(self, seed: "int | None") -> None:
        self._state = seed

    def of(self, count: int) -> int:
        """0 <= number < count."""
        if self._state is None:
            return 0
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % count

    def run(self, count: int) -> "tuple[int, int]":
        """Nothing, everything, or from somewhere to somewhere."""
        kind = self.of(3)
        if kind < 2:
            return 0, kind * count
        start = self.of(count + 1)
        return start, start + self.of(count - start + 1)


def _put(content: bytearray, at: int, data: bytes) -> None:
    """A write beyond the end fills the gap with zeros."""
    if at > len(content):
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data
