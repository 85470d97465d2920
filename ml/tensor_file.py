"""Tensors on disk: safetensors files that carry a document and the digest of both.

Nothing is unpickled, and a file that is not as it was written is an error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from ..engines.canonical import canonical_json
from ..engines.durable import publish, replace, temporary_name
from ..engines.seal import DamagedFileError

_PREFIX = 8
"""Bytes that hold the length of the JSON header at the start of the file."""


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], document: dict[str, Any], token: str
) -> None:
    """Replace `path` by a file with `tensors` and a JSON `document`, whole or not at all."""
    replace(_write_temporary(path, tensors, document, token), path)


def publish_tensors(
    path: Path, tensors: Mapping[str, Tensor], document: dict[str, Any], token: str
) -> bool:
    """Write the same file unless there is a `path` already; True if there was none."""
    return publish(_write_temporary(path, tensors, document, token), path)


def _write_temporary(
    path: Path, tensors: Mapping[str, Tensor], document: dict[str, Any], token: str
) -> Path:
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"document": canonical_json(document), "sha256": _digest(plain, document)}
    temporary = temporary_name(path, token)
    temporary.write_bytes(safetensors.torch.save(plain, metadata=metadata))
    return temporary


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return tensors and document of a file, or raise `DamagedFileError`.

    The file is read once, through one descriptor: a writer that replaces it meanwhile does no harm.
    """
    image = path.read_bytes()
    try:
        tensors = safetensors.torch.load(image)
        header = image[_PREFIX : _PREFIX + int.from_bytes(image[:_PREFIX], "little")]
        metadata = json.loads(header)["__metadata__"]
        document = json.loads(metadata["document"])
    except (KeyError, ValueError, safetensors.SafetensorError) as error:
        raise DamagedFileError(path, f"not a whole tensor file: {error}") from error
    if metadata.get("sha256") != _digest(tensors, document):
        raise DamagedFileError(path, "contents do not match their digest")
    return tensors, document


def tensor_digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of names, types and values."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous().numpy()
        total.update(f"{name} {values.dtype} {values.shape}\n".encode())
        total.update(values.tobytes())
    return total.hexdigest()


def _digest(tensors: Mapping[str, Tensor], document: dict[str, Any]) -> str:
    text = tensor_digest(tensors) + canonical_json(document)
    return hashlib.sha256(text.encode()).hexdigest()
