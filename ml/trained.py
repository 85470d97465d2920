"""A trained member on disk: JSON that describes it, and its tensors beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import PerrinError
from ..engines.durable import write_text
from .architecture import Architecture
from .force_functional import ForceFunctional
from .tensor_file import read_tensors, write_tensors


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
        Digest of the parameters of each process, steps, processes, seconds, software.
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
    """Write ``path`` (JSON) after ``path`` with the suffix .safetensors: who sees one has both."""
    document = {"member": member, "history": history, "training": training}
    write_tensors(path.with_suffix(".safetensors"), weights, document, token)
    write_text(path, json.dumps(document, indent=1), token)


def load_trained(path: Path) -> TrainedFunctional:
    """Load a member from its JSON file.

    Raises
    ------
    DamagedFileError
        Its tensors are not what was written.
    ArchitectureError
        Its tensors do not fit the architecture that it names.
    """
    tensors, document = read_tensors(path.with_suffix(".safetensors"))
    functional = ForceFunctional(
        Architecture.model_validate(document["member"]["architecture"])
    ).eval()
    load_weights(functional, tensors, str(path))
    return TrainedFunctional(functional, **document)


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
