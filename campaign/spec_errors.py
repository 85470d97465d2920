"""What is wrong with a campaign file, in words that say what would be right."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from .. import PerrinError

DISCRIMINATORS = ("kind", "engine")
"""Fields that tell members of unions apart."""


class FieldProblem(NamedTuple):
    """One thing that is wrong: dotted name of the field, its value, and what is allowed."""

    field: str
    value: Any
    message: str

    def __str__(self) -> str:
        if not self.field:
            return self.message
        shown = "" if self.value is None else f" = {_shorten(self.value)}"
        return f"{self.field}{shown}: {self.message}"


class SpecError(PerrinError, ValueError):
    """A campaign file that cannot be run, with everything that is wrong with it."""

    def __init__(self, path: Path, problems: list[FieldProblem]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(path, problems)

    def __str__(self) -> str:
        lines = [f"{self.path}: {len(self.problems)} problem{'s'[: len(self.problems) > 1]}"]
        return "\n".join([*lines, *(f"  {problem}" for problem in self.problems)])


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[FieldProblem]:
    """Translate what pydantic found wrong with a document of `model`."""
    return [_problem(entry, model) for entry in error.errors()]


def _problem(entry: Any, model: type[BaseModel]) -> FieldProblem:
    location, message, value = entry["loc"], entry["msg"], entry["input"]
    match entry["type"]:
        case "extra_forbidden":
            models = models_at(model, location[:-1])
            allowed = sorted({name for m in models for name in m.model_fields})
            message = f"unknown key{_did_you_mean(str(location[-1]), allowed)}"
            message += f"; allowed: {', '.join(allowed)}"
        case "missing":
            message, value = "required, but not given", None
        case "literal_error":
            options = [option.strip("'") for option in _options(entry["ctx"]["expected"])]
            message = f"must be {entry['ctx']['expected']}{_did_you_mean(str(value), options)}"
        case "value_error":
            message = str(entry["ctx"]["error"])
            value = value if isinstance(value, int | float | str) else None
        case "union_tag_not_found":
            location = (*location, _discriminator(entry))
            message, value = "required, but not given", None
        case "union_tag_invalid":
            options = [option.strip("'") for option in _options(entry["ctx"]["expected_tags"])]
            tag = entry["ctx"]["tag"]
            location, value = (*location, _discriminator(entry)), tag
            message = f"must be one of {entry['ctx']['expected_tags']}{_did_you_mean(tag, options)}"
        case _:
            message = message[0].lower() + message[1:]
    return FieldProblem(dotted(_without_tags(location, model)), value, message)


def _discriminator(entry: Any) -> str:
    """Field that tells the members of a union apart."""
    return str(entry["ctx"]["discriminator"]).strip("'")


def dotted(location: Iterable[int | str]) -> str:
    """Name of a field as in ``problem.points[2].temperature``."""
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def _options(text: str) -> list[str]:
    return text.replace(" or ", ", ").split(", ")


def _did_you_mean(word: str, options: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(options), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def models_at(model: type[BaseModel], location: Iterable[int | str]) -> set[type[BaseModel]]:
    """Models that a part of a document may be an instance of."""
    models = {model}
    for part in location:
        models = _step(models, part)
    return models


def _step(models: set[type[BaseModel]], part: int | str) -> set[type[BaseModel]]:
    if isinstance(part, int):
        return models
    named = [m.model_fields[part].annotation for m in models if part in m.model_fields]
    if not named:
        return {m for m in models if part in _tags(m)} or models
    return {found for annotation in named for found in _models_in(annotation)}


def _without_tags(location: Iterable[int | str], model: type[BaseModel]) -> Iterator[int | str]:
    """Drop the parts of a location that name a member of a union, not a key of the file."""
    models = {model}
    parts = list(location)
    for number, part in enumerate(parts):
        is_field = any(part in m.model_fields for m in models)
        if isinstance(part, int) or is_field or number == len(parts) - 1:
            yield part
        models = _step(models, part)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    fields = [model.model_fields[name] for name in DISCRIMINATORS if name in model.model_fields]
    return (*(tag for field in fields for tag in get_args(field.annotation)), model.__name__)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, Annotated, list, dict, tuple):
        for argument in get_args(annotation):
            yield from _models_in(argument)
