"""A trained member on disk: JSON that describes it, and its tensors beside it.

The tensors carry the same description. Whoever comes first publishes them; the JSON comes last and
is a copy of what the tensors say, so that the files of two tries never meet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import PerrinError
from ..engines.durable import publish, temporary_name
from ..engines.seal import DamagedFileError
from .architecture import Architecture
from .force_functional import ForceFunctional
from .tensor_file import publish_tensors, read_tensors, write_tensors


class ArchitectureError(PerrinError, ValueError):
    """Weights of a network of another shape."""


@dataclass(frozen=True)
class TrainedFunctional:
    """A force functional and how it came about.

    Attributes
    ----------
    functional
        The network, in evaluation mode.
    member
        Document of the member: data set, settings, seed.
    history
        Per epoch: loss, validation loss (or None), learning rate, batch size.
    training
        Digest of the parameters of each process, processes, seconds, tries, software.
    """

    functional: ForceFunctional
    member: dict[str, Any]
    history: list[dict[str, Any]]
    training: dict[str, Any]


def save_trained(
    path: Path,
    weights: Mapping[str, Tensor],
    *,
    member: dict[str, Any],
    history: list[dict[str, Any]],
    training: dict[str, Any],
    token: str,
) -> None:
    """Publish the files of a member unless they are there; whoever sees the JSON has both."""
    document = {"member": member, "history": history, "training": training}
    _, tensor_path = member_files(path)
    publish_tensors(tensor_path, weights, document, token)
    try:
        _, document = read_tensors(tensor_path)
    except DamagedFileError:
        write_tensors(tensor_path, weights, document, token)
    temporary = temporary_name(path, token)
    temporary.write_text(json.dumps(document, indent=1))
    publish(temporary, path)


def member_files(path: Path) -> tuple[Path, Path]:
    """All files of the member whose JSON is at `path`, in the order in which to set them aside."""
    return path, path.with_suffix(".safetensors")


def load_trained(path: Path) -> TrainedFunctional:
    """Load a member from its JSON file.

    Raises
    ------
    DamagedFileError
        One of its files is missing, or not what was written; the error names the JSON.
    ArchitectureError
        Its tensors do not fit the architecture that it names.
    """
    tensors, document = _read_member(path)
    functional = ForceFunctional(
        Architecture.model_validate(document["member"]["architecture"])
    ).eval()
    load_weights(functional, tensors, str(path))
    return TrainedFunctional(functional, **document)


def _read_member(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and description of a member whose files agree."""
    json_path, tensor_path = member_files(path)
    try:
        described = json.loads(json_path.read_text())
        tensors, document = read_tensors(tensor_path)
    except FileNotFoundError as error:
        raise DamagedFileError(path, f"{Path(error.filename).name} is missing") from error
    except DamagedFileError as error:
        raise DamagedFileError(path, f"{error.path.name}: {error.reason}") from error
    except ValueError as error:
        raise DamagedFileError(path, f"not a whole JSON file: {error}") from error
    if described != document:
        raise DamagedFileError(path, f"does not describe {tensor_path.name}")
    return tensors, document


def load_weights(functional: ForceFunctional, tensors: Mapping[str, Tensor], source: str) -> None:
    """Fill a network with the tensors of its shape; `ArchitectureError` names what does not fit."""
    expected = functional.state_dict()
    for name in sorted(expected.keys() | tensors.keys()):
        wanted, found = _shape(expected, name), _shape(tensors, name)
        if wanted != found:
            raise ArchitectureError(
                f"{source}: weights of another architecture: {name} has {found}, this network "
                f"needs {wanted}; train again, or restore the [learning.functional] it was "
                "trained with"
            )
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(tensors[name])


def _shape(tensors: Mapping[str, Tensor], name: str) -> str:
    return f"shape {tuple(tensors[name].shape)}" if name in tensors else "no such tensor"
