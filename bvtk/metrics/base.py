"""What the specs of metrics share."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Annotated, Any

from pydantic import Field

from bvtk.component import MetricSpec

LIMIT = 10_000

Limited = Annotated[int, Field(gt=0, le=LIMIT)]
"""A number of things that are in memory at the same time: bins per code, pairs per point, images per batch."""


class FunctionSpec(MetricSpec):
    """A metric whose function has its name, is in the file beside the spec, and takes the fields as arguments."""

    def build(self) -> partial[dict[str, Any]]:
        """The function with the values of the fields."""
        function = getattr(import_module(type(self).__module__.removesuffix("_spec")), self.component)
        return partial(function, **dict(self))
