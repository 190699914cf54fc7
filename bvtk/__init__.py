"""bvtk: declare, train, measure and export β-VAEs.

Names load on first use, so that `import bvtk` costs nothing: no torch, no NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bvtk.api import load as load
    from bvtk.api import load_dataset as load_dataset
    from bvtk.api import run as run
    from bvtk.api import score as score
    from bvtk.comparison import Comparison as Comparison
    from bvtk.comparison import compare as compare
    from bvtk.comparison.udr import udr as udr
    from bvtk.component import DatasetSpec as DatasetSpec
    from bvtk.component import Decoder as Decoder
    from bvtk.component import DecoderSpec as DecoderSpec
    from bvtk.component import Encoder as Encoder
    from bvtk.component import EncoderSpec as EncoderSpec
    from bvtk.component import LauncherSpec as LauncherSpec
    from bvtk.component import LikelihoodSlot as LikelihoodSlot
    from bvtk.component import LikelihoodSpec as LikelihoodSpec
    from bvtk.component import MetricSpec as MetricSpec
    from bvtk.component import ModelSpec as ModelSpec
    from bvtk.component import ObjectiveSpec as ObjectiveSpec
    from bvtk.component import Optimizer as Optimizer
    from bvtk.component import OptimizerSpec as OptimizerSpec
    from bvtk.component import SamplerSpec as SamplerSpec
    from bvtk.component import Schedule as Schedule
    from bvtk.component import ScheduleSpec as ScheduleSpec
    from bvtk.component import Weight as Weight
    from bvtk.component import register_dataset as register_dataset
    from bvtk.component import register_decoder as register_decoder
    from bvtk.component import register_encoder as register_encoder
    from bvtk.component import register_launcher as register_launcher
    from bvtk.component import register_likelihood as register_likelihood
    from bvtk.component import register_metric as register_metric
    from bvtk.component import register_model as register_model
    from bvtk.component import register_objective as register_objective
    from bvtk.component import register_optimizer as register_optimizer
    from bvtk.component import register_sampler as register_sampler
    from bvtk.component import register_schedule as register_schedule
    from bvtk.errors import BvtkError as BvtkError
    from bvtk.errors import RecipeError as RecipeError
    from bvtk.events import Event as Event
    from bvtk.events import Listener as Listener
    from bvtk.passes import Outputs as Outputs
    from bvtk.protocols import Batch as Batch
    from bvtk.protocols import Codes as Codes
    from bvtk.protocols import Dataset as Dataset
    from bvtk.protocols import ImageShape as ImageShape
    from bvtk.protocols import ObjectiveContext as ObjectiveContext
    from bvtk.trained_run import Run as Run

__version__ = "0.1.0"

_HOMES = {
    "bvtk.api": ("load", "load_dataset", "run", "score"),
    "bvtk.comparison": ("Comparison", "compare"),
    "bvtk.comparison.udr": ("udr",),
    "bvtk.component": (
        *("DatasetSpec", "EncoderSpec", "DecoderSpec", "LikelihoodSpec", "ModelSpec"),
        *("ObjectiveSpec", "SamplerSpec", "ScheduleSpec", "OptimizerSpec", "MetricSpec", "LauncherSpec"),
        *("Encoder", "Decoder", "LikelihoodSlot", "Optimizer", "Schedule", "Weight"),
        *("register_dataset", "register_encoder", "register_decoder", "register_likelihood", "register_model"),
        *("register_objective", "register_sampler", "register_schedule", "register_optimizer", "register_metric"),
        "register_launcher",
    ),
    "bvtk.passes": ("Outputs",),
    "bvtk.protocols": ("Batch", "Codes", "Dataset", "ImageShape", "ObjectiveContext"),
    "bvtk.errors": ("BvtkError", "RecipeError"),
    "bvtk.events": ("Event", "Listener"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imports a public name from its home on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'bvtk' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted([*_HOME_OF, "__version__"])
