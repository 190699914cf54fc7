"""Checks of samplers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.check_plugin.examples import MadeUpData
from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import BATCH, SEED, SHAPES
from bvtk.component import SamplerSpec
from bvtk.protocols import Batch, Sampler

STEPS = 12


def check_sampler(report: Report, spec: SamplerSpec) -> None:
    """Tries a sampler on a made-up data set, of which every third image does not train."""
    given = ", ".join(["x", *sorted(spec.gives)])
    if report.holds(f"gives {given} of images that train", "", _check_batches, spec):
        report.holds("its batches depend on the seed and the step alone", "", _check_purity, spec)


def _training_images() -> NDArray[np.int64]:
    everything = np.arange(len(MadeUpData(SHAPES[0])), dtype=np.int64)
    return np.delete(everything, np.s_[::3])


def _sampler(spec: SamplerSpec, seed: int = SEED) -> Sampler:
    return spec.build(MadeUpData(SHAPES[0]), _training_images(), BATCH, seed)


def _check_batches(spec: SamplerSpec) -> None:
    sampler, train = _sampler(spec), _training_images()
    for step in range(STEPS):
        batch = sampler(step)
        require(isinstance(batch, Batch), f"gives {type(batch).__name__}, expected a bvtk.Batch")
        require("x" in batch.images, f"gives images of the roles {', '.join(batch.images) or 'none'}, and no 'x'")
        names = {*batch.images, *batch.labels, *batch.facts} - {"x"}
        require(names == spec.gives, f"its batch holds {sorted(names)} beside x, and `gives` says {sorted(spec.gives)}")
        for role, index in batch.images.items():
            require(index.shape == (BATCH,), f"{role} has shape {index.shape}, expected ({BATCH},)")
            require(index.dtype == np.int64, f"{role} has type {index.dtype}, expected int64")
            require(np.isin(index, train).all(), f"{role} holds an image that does not train: use `indices` alone")
        for name, label in batch.labels.items():
            require(len(label) == BATCH, f"label {name} has {len(label)} rows, expected {BATCH}")
        hash(batch.key)


def _check_purity(spec: SamplerSpec) -> None:
    first, again = _sampler(spec), _sampler(spec)
    forwards = [first(step) for step in range(STEPS)]
    backwards = [again(step) for step in reversed(range(STEPS))][::-1]
    for step, (one, other) in enumerate(zip(forwards, backwards, strict=True)):
        require(_alike(one, other), f"its batch at step {step} depends on the steps asked for before")
    others = _sampler(spec, SEED + 1)
    differs = any(not _alike(batch, others(step)) for step, batch in enumerate(forwards))
    require(differs, "gives the same batches for another seed: derive a generator from the seed and the step")


def _alike(one: Batch, other: Batch) -> bool:
    pairs = [(one.images, other.images), (one.labels, other.labels)]
    arrays = all(np.array_equal(a[name], b[name]) for a, b in pairs for name in a)
    return arrays and one.key == other.key
