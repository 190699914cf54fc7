"""A trained model in Python: encode images, decode codes, traverse latents."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from bvtk.errors import UsageError
from bvtk.protocols import Decoding, ImageShape
from bvtk.quantities import is_number
from bvtk.recipe import Recipe
from bvtk.runs import RunFolder

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import ArrayLike, NDArray

    from bvtk.export import Export

Images = TypeVar("Images", "NDArray[Any]", "torch.Tensor")
_BATCH = 512


class Run:
    """A trained model with its recipe and scores; `folder` is None if it was loaded from a file instead of a run."""

    def __init__(self, export: Export, path: Path, folder: Path | None = None) -> None:
        self._export = export
        self.path = path
        self.folder = folder
        self.recipe: Recipe = export.recipe
        """The complete recipe."""
        self.scores: dict[str, Any] = export.scores
        """The scores, one entry per metric, as in `scores.json`."""
        self.image_shape: ImageShape = export.image
        """The shape of the model's images."""
        self.model: Any = export.model
        """The model, an `nn.Module` in eval mode."""
        self.latents = int(export.model.latents)
        """Number of latents."""

    def log(self) -> dict[str, list[Any]]:
        """The training log as columns, one value per logged step; None if a term was not logged at a step.

        Raises:
            UsageError: if the model was loaded from a file, which has no log.
        """
        if self.folder is None:
            raise UsageError(f"{self.path} has no training log", "load the run folder")
        lines = RunFolder(self.folder).read_log()
        names = dict.fromkeys(name for line in lines for name in line)
        return {name: [line.get(name) for line in lines] for name in names}

    def encode(self, images: Images) -> Images:
        """Encodes images.

        Args:
            images: (n, C, H, W), floats in [0, 1] or uint8. uint8 images are read as 0 to 255; or as 0 and 1, if the
                data set of the model has such images and no value is above 1. For a model that reads factors, their
                values (n, k), numbers from 0.

        Returns:
            Codes (n, latents) float32, for a model with a posterior its means; an array for an array, a tensor for a
            tensor.

        Raises:
            UsageError: if the shape or the values are wrong.
        """
        import torch

        reads_factors = self.recipe.model.reads == "factors"
        x = self._factor_values(images) if reads_factors else self._unit(images)
        with torch.inference_mode():
            codes = [self.model.encode(part)[0] for part in torch.split(x, _BATCH)]
        found: Images = self._like(images, torch.cat(codes) if len(x) else x.new_empty(0, self.latents))
        return found

    def decode(self, codes: Images) -> Images:
        """Decodes codes.

        Args:
            codes: (n, latents) floats.

        Returns:
            Mean images (n, C, H, W) float32 in [0, 1]; an array for an array, a tensor for a tensor.

        Raises:
            UsageError: if the shape is wrong, or the model does not decode.
        """
        import torch

        if not isinstance(self.model, Decoding):
            raise UsageError(f"model {self.recipe.model.component!r} does not decode", "use a model with a decoder")
        z = _tensor(codes, f"codes (n, {self.latents})").to(torch.float32)
        if z.ndim != 2 or z.shape[1] != self.latents:
            raise UsageError(f"expected codes (n, {self.latents}), found {tuple(z.shape)}")
        with torch.inference_mode():
            images = [self.model.decode(part) for part in torch.split(z, _BATCH)]
        found: Images = self._like(codes, torch.cat(images) if len(z) else z.new_empty(0, *self.image_shape))
        return found

    @overload
    def traverse(self, latent: int, code: torch.Tensor, values: Sequence[float] | None = None) -> torch.Tensor: ...

    @overload
    def traverse(
        self, latent: int, code: ArrayLike | None = None, values: Sequence[float] | None = None
    ) -> NDArray[np.float32]: ...

    def traverse(self, latent: int, code: Any = None, values: Sequence[float] | None = None) -> Any:
        """Images of a code in which one latent takes one value after the other.

        Args:
            latent: which one, from 0.
            code: (latents,) or (1, latents), such as the code of an image. By default the prior's mean, 0; without a
                posterior the mean code of the data set; if the model says which values its codes take, the middle one
                of each latent.
            values: n numbers that the latent takes; by default `traversal_values(latent)`.

        Returns:
            (n, C, H, W) float32 in [0, 1]: a tensor if the code is a tensor, else an array.

        Raises:
            UsageError: if there is no such latent, the code or the values are not finite numbers of this shape, or the
                model does not decode.
        """
        import torch

        self._check_latent(latent)
        if code is None:
            from bvtk.traversal import base_code

            base = torch.from_numpy(base_code(self.model, self._has_posterior, self._export.statistics))
        else:
            base = _tensor(code, f"a code ({self.latents},)")
        if base.numel() != self.latents or base.ndim > 2:
            raise UsageError(f"expected a code ({self.latents},), found {tuple(base.shape)}")
        z = _tensor(self.traversal_values(latent) if values is None else values, "values (n,)").to(torch.float32)
        if z.ndim != 1 or not z.isfinite().all():
            raise UsageError(f"expected finite values (n,), found {z.tolist()}")
        codes = base.to(torch.float32).reshape(1, -1).repeat(len(z), 1)
        codes[:, latent] = z
        return self._like(code, self.decode(codes))

    def traversal_values(self, latent: int) -> NDArray[np.float32]:
        """The values (n,) that a latent takes in a traversal.

        Those that the model gives, if it does (`traversal_values` of the model); else 11 values from −3 to 3 standard
        deviations of the prior, or without a posterior of the latent's codes around their mean.

        Raises:
            UsageError: if there is no such latent, or the export has no statistics of its codes.
        """
        from bvtk.traversal import axis_of

        self._check_latent(latent)
        return axis_of(self.model, latent, self._has_posterior, self._export.statistics).values

    @property
    def _has_posterior(self) -> bool:
        known = self._export.statistics
        return "posterior" in self.recipe.model.gives if known is None else known.kl is not None

    def _check_latent(self, latent: int) -> None:
        if not hasattr(latent, "__index__") or not 0 <= index(latent) < self.latents:
            raise UsageError(f"expected a latent from 0 to {self.latents - 1}, found {latent!r}")

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
        heads = ", ".join(f"{name}={score:.3f}" for name, score in scores.items() if is_number(score))
        return f"Run({self.recipe.name!r}, {heads})"


def _tensor(value: Any, expected: str) -> torch.Tensor:
    """A tensor on the CPU from what NumPy or torch reads as numbers. It may share their memory."""
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
        raise UsageError(f"expected {expected}, found something that is not an array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise UsageError(f"expected {expected}, found {'None' if value is None else array.dtype}")
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    # torch rejects negative strides and other byte orders, and warns about read-only arrays.
    return torch.from_numpy(np.require(array.astype(array.dtype.newbyteorder("="), copy=False), None, ["C", "W"]))
