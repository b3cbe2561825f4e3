"""Files of a board, as all that is sent there needs them: stands before the text that imports it."""

import binascii
import hashlib
import os


def is_folder(path):
    """None where there is nothing."""
    try:
        return bool(os.stat(path)[0] & 0x4000)
    except OSError:
        return None


def remove(path, feed):
    """A file, or a folder with all that is in it; nothing where there is none. `feed` is called at every one."""
    feed()
    folder = is_folder(path)
    if folder:
        for name in os.listdir(path):
            remove(path + "/" + name, feed)
        os.rmdir(path)
    elif folder is False:
        os.remove(path)


def add(digest, path, feed):
    """A file's content, to a digest."""
    with open(path, "rb") as file:
        while True:
            feed()
            block = file.read(512)
            if not block:
                return
            digest.update(block)


def digest_of(paths, root, feed):
    """Of files as they are on flash now, in the form that a bundle has them in. Raises OSError where one is missing."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path} {os.stat(root + path)[6]}\n".encode())
        add(digest, root + path, feed)
    return text_of(digest)


def text_of(digest):
    return binascii.hexlify(digest.digest()).decode()
