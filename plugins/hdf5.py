"""Images of an HDF5 file: a data set that is read in blocks, converted once and kept in the cache folder.

    dataset: {type: hdf5, path: 3dshapes.h5, factors: labels, names: [floor, wall, object, scale, shape, orientation]}

`bvtk check-plugin plugins/hdf5.py` tries it on a small file. It needs h5py: pip install "bvtk[data]".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bvtk
from bvtk.data import PathText
from bvtk.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bvtk.data import FactorTable, Plan


@bvtk.register_dataset("hdf5")
class Hdf5(bvtk.DatasetSpec):
    """Your own images from an HDF5 file, with or without factors.

    The images are uint8, (n, H, W), (n, H, W, C) or (n, C, H, W). The factors are numbers, (n,) or (n, k).
    """

    path: PathText
    """The HDF5 file."""

    images: PathText = "images"
    """Name of the images in the file."""

    factors: PathText | None = None
    """Name of the factors in the file; null for images without factors."""

    names: tuple[str, ...] = ()
    """Names of the factors (default: factor_0, factor_1, …)."""

    def build(self) -> bvtk.Dataset:
        """Opens the images, first converting them if they are not in the cache."""
        from bvtk.data import Bytes, ImageSet, file_key, prepare_array, user_path

        file = user_path(self.path)
        # Another file, a changed file or other images in it: another array in the cache.
        key = {**file_key(file), "images": self.images}
        prepared = prepare_array("hdf5", key, lambda: self._plan(file))
        facts = {"source": "hdf5", "path": self.path, "images": self.images, "sha256": prepared.facts["sha256"]}
        factors = self._read_factors(file, len(prepared.array)) if self.factors else None
        return ImageSet(Bytes(prepared.array), factors, prepared.facts["peak"], facts)

    def _plan(self, file: Path) -> Plan:
        from bvtk.data import Plan, channels_first, open_hdf5, read_blocks

        with open_hdf5(file, self.images) as array:
            if array.dtype != "uint8" or array.ndim not in (3, 4) or 0 in array.shape:
                found = f"{array.dtype} of shape {array.shape}"
                raise DataError(f"{file}, {self.images!r}, is {found}, expected uint8 (n, H, W) or (n, H, W, C)")
            shape = (len(array), *channels_first(next(read_blocks(array))).shape[1:])
        facts = {"peak": 1}

        def blocks() -> Iterator[NDArray[np.uint8]]:
            """The images, a few MB at a time."""
            with open_hdf5(file, self.images) as array:
                for block in map(channels_first, read_blocks(array)):
                    facts["peak"] = 255 if block.max() > 1 else facts["peak"]
                    yield block

        return Plan(shape, blocks(), facts)

    def _read_factors(self, file: Path, count: int) -> FactorTable:
        import numpy as np

        from bvtk.data import FactorTable, open_hdf5, read_array

        with open_hdf5(file, str(self.factors)) as array:
            if array.dtype.kind not in "iuf" or array.ndim not in (1, 2) or len(array) != count:
                found = f"{array.dtype} of shape {array.shape}"
                raise DataError(f"{file}, {self.factors!r}, is {found}, expected numbers ({count}, k)")
            values = read_array(array).reshape(count, -1)
        if not np.isfinite(values).all():
            raise DataError(f"{file}, {self.factors!r}, has values that are not finite", "replace them")
        names = self.names or tuple(f"factor_{number}" for number in range(values.shape[1]))
        if len(names) != values.shape[1] or len(set(names)) < len(names):
            raise DataError(f"got the names {', '.join(names)}, expected {values.shape[1]} different ones")
        return FactorTable(names, values)

    @classmethod
    def example_fields(cls, folder: Path) -> dict[str, Any]:
        """Writes a small file for `bvtk check-plugin`."""
        import h5py
        import numpy as np

        with h5py.File(folder / "example.h5", "w") as file:
            file["images"] = np.arange(12 * 8 * 8 * 3).reshape(12, 8, 8, 3).astype(np.uint8)
            file["labels"] = np.stack(np.divmod(np.arange(12), 4), axis=1) / 4
        return {"path": str(folder / "example.h5"), "factors": "labels", "names": ["hue", "size"]}
