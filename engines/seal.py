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


class DamagedFileError(PerrinError, OSError):
    """A file whose contents are not what was written."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def _block(digest: str) -> bytes:
    return (_MAGIC + digest.encode() + b"\n").ljust(USER_BLOCK, b"\0")


def _digest(image: bytes | bytearray) -> str:
    return hashlib.sha256(memoryview(image)[USER_BLOCK:]).hexdigest()


def seal(image: bytearray) -> str:
    """Write the digest of an HDF5 file image into its user block; return the digest."""
    digest = _digest(image)
    image[:USER_BLOCK] = _block(digest)
    return digest


def read_sealed(path: Path) -> tuple[bytes, str]:
    """Return the contents of a sealed file and their digest, or raise `DamagedFileError`.

    The file is read once, through one descriptor: a writer that replaces it meanwhile does no harm.
    """
    image = path.read_bytes()
    digest = _digest(image)
    if image[:USER_BLOCK] != _block(digest):
        sealed = image.startswith(_MAGIC)
        reason = "contents do not match their digest" if sealed else "not sealed, or cut short"
        raise DamagedFileError(path, reason)
    return image, digest
