"""The exported model: one self-contained safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from bvtk.build import build_model
from bvtk.environment import library_versions
from bvtk.errors import RunError, UsageError
from bvtk.files import write_bytes_atomic
from bvtk.metadata import FORMAT, KEY, opened_export
from bvtk.plugins import absent_plugins, plugins_used
from bvtk.protocols import Dataset, ImageShape
from bvtk.recipe import Recipe, parse_recipe, recipe_sha256
from bvtk.traversal import CodeStatistics


@dataclass(frozen=True)
class Export:
    """A model read back from its file.

    Args:
        recipe: the complete recipe that it was trained with.
        model: in eval mode, on the CPU.
        image: the shape of its images.
        peak: the value of a white pixel in the uint8 images of its data set.
        factor_names: of its data set; empty if there are none.
        scores: at the time of the export.
        statistics: of the codes of its data set; None in exports of format 1.
        metadata: all of the above, plugins and versions, as JSON values.
    """

    recipe: Recipe
    model: Any
    image: ImageShape
    peak: int
    factor_names: tuple[str, ...]
    scores: dict[str, Any]
    statistics: CodeStatistics | None
    metadata: dict[str, Any]


def write_export(
    path: Path, recipe: Recipe, model: Any, dataset: Dataset, scores: Mapping[str, Any], statistics: CodeStatistics
) -> None:
    """Writes a model with everything needed to use it. The same run gives the same bytes.

    The file is replaced atomically. The recipe is the complete one, and the data set is the recipe's.
    """
    metadata = {
        "format": FORMAT,
        "recipe": recipe.model_dump(mode="json"),
        "recipe_sha256": recipe_sha256(recipe),
        "image_shape": list(dataset.image_shape),
        "peak": dataset.peak,
        "factor_names": list(dataset.factor_names),
        "scores": dict(scores),
        "codes": statistics.as_json(),
        "data": dataset.provenance,
        "plugins": plugin_records(recipe),
        "libraries": library_versions(),
    }
    text = json.dumps(metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    try:
        write_bytes_atomic(path, save(tensors, {KEY: text}))
    except OSError as error:
        raise RunError(f"can't write {path}: {error.strerror}", "free disk space or fix the permissions") from error


def plugin_records(recipe: Recipe) -> list[dict[str, str]]:
    """The plugins of the components of a recipe: name, and version or the sha256 of the file."""
    return [{"source": o.source, "name": o.name, "version": o.version} for o in plugins_used(recipe)]


def read_export(path: Path) -> Export:
    """Reads an exported model. Nothing in the file is executed, and no more memory is used than its size asks for.

    Raises:
        UsageError: if the file is not an export of bvtk, is damaged, or needs a plugin that is not loaded.
    """
    with opened_export(path, "pt") as (said, metadata, file):
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    missing = absent_plugins([plugin.model_dump() for plugin in said.plugins])
    try:
        recipe = parse_recipe(said.recipe)
    except UsageError as error:
        hint = f"it was made with {', '.join(missing)}: load it with --plugin FILE" if missing else error.hint
        raise UsageError(f"{path}: {error.message}", hint) from error
    if said.recipe_sha256 not in (None, recipe_sha256(recipe)):
        raise UsageError(f"{path}: its recipe was changed after the export was written", "export the run again")
    image = ImageShape(*said.image_shape)
    model = _filled(_built(recipe, image, tensors, path), tensors, path)
    if said.codes and max(said.codes.latents, default=0) >= model.latents:
        raise UsageError(f"{path}: its metadata describe latents that its model lacks", "export the run again")
    statistics = None if said.codes is None else CodeStatistics.of(said.codes.model_dump(exclude_none=True))
    return Export(recipe, model, image, said.peak, said.factor_names, dict(said.scores), statistics, metadata)


def _built(recipe: Recipe, image: ImageShape, tensors: Mapping[str, torch.Tensor], path: Path) -> Any:
    """The model of the recipe, if it has no more numbers than the file.

    It is built without memory first, since a recipe can ask for more memory than the machine has.
    """
    try:
        with torch.device("meta"):
            wanted = sum(value.numel() for value in build_model(recipe, image).state_dict().values())
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", error.hint) from error
    except Exception:  # a plugin may not build without memory; its code is trusted
        wanted = 0
    held = sum(value.numel() for value in tensors.values())
    if wanted > held:
        message = f"{path}: its tensors do not fit its recipe: the model has {wanted:,} numbers, the file {held:,}"
        raise UsageError(message, "export the run again")
    try:
        return build_model(recipe, image)
    except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError) as error:
        said = str(error).partition("\n")[0]
        raise UsageError(f"{path}: its model can't be built: {said}", "export the run again") from error


def _filled(model: Any, tensors: Mapping[str, torch.Tensor], path: Path) -> Any:
    """The model with its tensors, in eval mode."""
    own = model.state_dict()
    for name, value in tensors.items():
        if name in own and value.dtype != own[name].dtype:
            raise UsageError(f"{path}: {name} is {value.dtype}, expected {own[name].dtype}", "export the run again")
        if value.is_floating_point() and not value.isfinite().all():
            raise UsageError(f"{path}: {name} has numbers that are not finite", "export another run")
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{path}: its tensors do not fit its recipe: {said}", "export the run again") from error
    return model.eval()
