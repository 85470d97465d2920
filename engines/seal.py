"""A digest inside the file it protects.

HDF5 leaves a user block of 512 bytes at the start of a file to its owner. perrin keeps there the
SHA-256 of everything behind it: a file proves itself, index or not, in data and metadata alike.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from .. import PerrinError

USER_BLOCK = 512
_MAGIC = b"perrin sha256 "
_CHUNK = 1 << 20


class DamagedFileError(PerrinError, OSError):
    """A file whose contents are not what was written."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def _digest_behind_block(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(USER_BLOCK)
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    return sha.hexdigest()


def _block(digest: str) -> bytes:
    return (_MAGIC + digest.encode() + b"\n").ljust(USER_BLOCK, b"\0")


def seal(image: bytearray) -> str:
    """Write the digest of an HDF5 file image into its user block; return the digest."""
    digest = hashlib.sha256(memoryview(image)[USER_BLOCK:]).hexdigest()
    image[:USER_BLOCK] = _block(digest)
    return digest


def check_seal(path: Path) -> str:
    """Return the digest of a sealed file, or raise `DamagedFileError`."""
    digest = _digest_behind_block(path)
    with path.open("rb") as file:
        block = file.read(USER_BLOCK)
    if block != _block(digest):
        sealed = block.startswith(_MAGIC)
        reason = "contents do not match their digest" if sealed else "not sealed, or cut short"
        raise DamagedFileError(path, reason)
    return digest
