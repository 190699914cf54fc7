"""The Python API: run recipes, load runs and exports, open data sets, score arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bvtk.component import Slot, datasets
from bvtk.component import metrics as metric_registry
from bvtk.engine.process import prepare_process
from bvtk.errors import UsageError, printable
from bvtk.events import Listener, warn
from bvtk.plugins import discover, plugins_used
from bvtk.protocols import Dataset, Decoding, ImageShape
from bvtk.recipe import LoadedRecipe, Recipe, load_recipe, parse_component, recipe_hash
from bvtk.runs import RunFolder

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, NDArray

    from bvtk.export import Export

Component = str | Mapping[str, Any]
"""A component as a recipe names it: a bare word, or a mapping with `type`."""

Images = TypeVar("Images", "NDArray[Any]", "torch.Tensor")
_BATCH = 512


class Run:
    """A trained model with its recipe and scores.

    Args:
        export: the model, as it was read from its file.
        path: the exported file.
    """

    def __init__(self, export: Export, path: Path) -> None:
        self._export = export
        self.path = path

    @property
    def recipe(self) -> Recipe:
        """The complete recipe."""
        return self._export.recipe

    @property
    def scores(self) -> dict[str, Any]:
        """The scores, one entry a metric, as in `scores.json`."""
        return self._export.scores

    @property
    def image_shape(self) -> ImageShape:
        """The shape of the images that the model takes and makes."""
        return self._export.image

    @property
    def latents(self) -> int:
        """Number of latents."""
        return int(self._export.model.latents)

    @property
    def model(self) -> Any:
        """The model itself, an `nn.Module` in eval mode."""
        return self._export.model

    def encode(self, images: Images) -> Images:
        """Codes of images: for a model with a posterior its means.

        Args:
            images: (n, C, H, W), floats in [0, 1] or uint8. uint8 images are read as 0 to 255, or as 0 and 1 where
                the model's data set has such images and no value is above 1. For a model that reads factors their
                values instead: (n, k) numbers from 0.

        Returns:
            (n, latents) float32: an array for an array, a tensor for a tensor.

        Raises:
            UsageError: where the shape or the values are not those of such images or factors.
        """
        import torch

        reads_factors = self.recipe.model.reads == "factors"
        x = self._factor_values(images) if reads_factors else self._unit(images)
        with torch.inference_mode():
            codes = [self.model.encode(part)[0] for part in torch.split(x, _BATCH)]
        found: Images = self._like(images, torch.cat(codes) if len(x) else x.new_empty(0, self.latents))
        return found

    def decode(self, codes: Images) -> Images:
        """Mean images of codes.

        Args:
            codes: (n, latents) floats.

        Returns:
            (n, C, H, W) float32 in [0, 1]: an array for an array, a tensor for a tensor.

        Raises:
            UsageError: where the shape is another, or the model makes no images.
        """
        import torch

        if not isinstance(self._export.model, Decoding):
            raise UsageError(f"model {self.recipe.model.component!r} makes no images of codes", "it encodes alone")
        z = _tensor(codes, f"codes (n, {self.latents})").to(torch.float32)
        if z.ndim != 2 or z.shape[1] != self.latents:
            raise UsageError(f"expected codes (n, {self.latents}), found {tuple(z.shape)}")
        with torch.inference_mode():
            images = [self.model.decode(part) for part in torch.split(z, _BATCH)]
        found: Images = self._like(codes, torch.cat(images) if len(z) else z.new_empty(0, *self.image_shape))
        return found

    def _factor_values(self, factors: Any) -> torch.Tensor:
        import torch

        names = self._export.factor_names
        expected = f"factor values (n, {len(names)}): {', '.join(names)}"
        x = _tensor(factors, expected).to(torch.float32)
        if x.ndim != 2 or x.shape[1] != len(names):
            raise UsageError(f"expected {expected}; found {tuple(x.shape)}")
        return x

    def _unit(self, images: Any) -> torch.Tensor:
        import torch

        expected = f"images (n, {', '.join(map(str, self.image_shape))})"
        x = _tensor(images, expected)
        if x.ndim != 4 or tuple(x.shape[1:]) != tuple(self.image_shape):
            raise UsageError(f"expected {expected}, found {tuple(x.shape)}")
        if x.dtype == torch.uint8:
            peak = 255 if x.numel() and int(x.max()) > 1 else self._export.peak
            return x.to(torch.float32) / peak
        if not x.is_floating_point():
            raise UsageError(f"expected floats in [0, 1] or uint8, found {x.dtype}")
        if x.numel() and not (x.min() >= 0 and x.max() <= 1):
            raise UsageError(f"expected floats in [0, 1], found {float(x.min()):g} to {float(x.max()):g}")
        return x.to(torch.float32)

    @staticmethod
    def _like(given: Any, result: torch.Tensor) -> Any:
        import torch

        return result.to(given.device, copy=True) if isinstance(given, torch.Tensor) else result.numpy()

    def __repr__(self) -> str:
        """The recipe's name and the headline scores."""
        scores = {name: parts.get("score") for name, parts in self.scores.items()}
        heads = ", ".join(f"{name}={score:.3f}" for name, score in scores.items() if isinstance(score, int | float))
        return f"Run({self.recipe.name!r}, {heads})"


def _tensor(value: Any, expected: str) -> torch.Tensor:
    """A tensor on the CPU of what NumPy or torch takes for numbers; it may share their memory."""
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor):
        tensor = value.detach().cpu()
        if tensor.is_complex():
            raise UsageError(f"expected {expected}, found {tensor.dtype}")
        return tensor
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise UsageError(f"expected {expected}, found no array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise UsageError(f"expected {expected}, found {'None' if value is None else array.dtype}")
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    # torch takes neither negative strides nor foreign byte orders, and warns of arrays that it might write to.
    return torch.from_numpy(np.require(array.astype(array.dtype.newbyteorder("="), copy=False), None, ["C", "W"]))


def run(
    recipe: str | Path,
    *overrides: str,
    out: str | Path = "runs",
    device: str = "auto",
    plugins: Sequence[str | Path] = (),
    listeners: Sequence[Listener] = (),
) -> Run:
    """Trains, evaluates, exports and reports, as `bvtk run` does; what is done already is not done again.

    Args:
        recipe: path of a recipe.
        overrides: such as `"objective.beta=8"`.
        out: the parent of run folders.
        device: `cpu`, `cuda`, `mps` or `auto`.
        plugins: further plugin files, beside `plugins/*.py` of the working folder.
        listeners: functions that receive each event of the run (`bvtk.events`); warnings are Python warnings as well.

    Raises:
        RecipeError: with everything that is wrong in the recipe.
        BvtkError: where the work failed.
    """
    prepare_process()
    _discover(plugins)
    loaded = load_recipe(Path(recipe), overrides)
    folder = run_folder(loaded.recipe, Path(out))
    if not folder.finished:
        complete(loaded, folder, device, listeners)
    return load(folder.path, plugins=plugins)


def complete(loaded: LoadedRecipe, folder: RunFolder, device: str, listeners: Sequence[Listener] = ()) -> None:
    """Runs every stage that is not done; warnings are Python warnings."""
    from bvtk.pipeline import working

    with working(loaded, folder, device, warn, *listeners) as pipeline:
        pipeline.report()


def run_folder(recipe: Recipe, parent: Path) -> RunFolder:
    """Where a recipe's run lies: `<parent>/<name>-<hash>`, by the recipe, its seed and its plugins' sources."""
    versions = [origin.version for origin in plugins_used(recipe)]
    return RunFolder(parent / f"{recipe.name}-{recipe_hash(recipe, versions)}")


def load(path: str | Path, plugins: Sequence[str | Path] = ()) -> Run:
    """A trained model, from a run folder or an exported file; neither the recipe nor the data are needed.

    Args:
        path: a run folder, or a `model.safetensors`.
        plugins: plugin files that the model needs, beside `plugins/*.py` of the working folder.

    Raises:
        UsageError: where there is no such model, it is damaged, or a plugin that it needs is missing.
    """
    from bvtk.export import read_export

    file = Path(path)
    if file.is_dir():
        folder = RunFolder(file)
        if not folder.export.is_file():
            raise UsageError(f"{file} holds no model.safetensors", f"make it with: bvtk export {file}")
        file = folder.export
    _discover(plugins)
    return Run(read_export(file), file)


def load_dataset(dataset: Component) -> Dataset:
    """Opens a data set, preparing it first where that is needed.

    Args:
        dataset: as in a recipe: `"dsprites"`, or `{"type": "arrays", "path": "mine.npz"}`.

    Raises:
        UsageError: where there is no such data set, or its fields are wrong.
        DataError: where its files are missing or damaged.
    """
    _discover(())
    opened: Dataset = parse_component(Slot(datasets), dataset).open()
    return opened


def score(
    codes: ArrayLike,
    factors: ArrayLike,
    metrics: Sequence[Component] = ("beta_vae_score", "mig"),
    seed: int = 0,
    *,
    codes_test: ArrayLike | None = None,
    factors_test: ArrayLike | None = None,
    factor_names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Scores a representation; the same dict as `bvtk score --json`.

    Args:
        codes: (n, d) floats, one row an image.
        factors: (n, k) integers from 0.
        metrics: metrics as in a recipe.
        seed: the same seed gives the same scores.
        codes_test: (m, d), for metrics that test; without them, such metrics split or sample by the seed.
        factors_test: (m, k).
        factor_names: one a factor; the `paper` protocol leaves out the one named `shape`.

    Raises:
        UsageError: where the arrays or the metrics are wrong.
    """
    from bvtk.metrics.scoring.arrays import as_codes
    from bvtk.metrics.scoring.compute import score as compute

    if isinstance(metrics, str | Mapping) or not isinstance(metrics, Sequence):
        hint = f"write metrics=[{metrics!r}]" if isinstance(metrics, str | Mapping) else 'such as metrics=["mig"]'
        raise UsageError(f"metrics: expected a list, found {printable(repr(metrics), 200)}", hint)
    given: Any = seed
    if not isinstance(given, Integral) or seed < 0:
        raise UsageError(f"seed: expected an integer from 0, found {seed!r}")
    _discover(())
    specs = [parse_component(Slot(metric_registry), metric) for metric in metrics]
    return compute(as_codes(codes, factors, factor_names, codes_test, factors_test), specs, seed)


def _discover(plugins: Sequence[str | Path]) -> None:
    for broken in discover(Path(), [Path(file) for file in plugins]).broken:
        warnings.warn(str(broken), stacklevel=3)
