"""Checks of samplers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.check_plugin.examples import ExampleData
from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import BATCH, SEED, SHAPES
from bvtk.component import SamplerSpec
from bvtk.protocols import Batch, Sampler

STEPS = 12


def check_sampler(report: Report, spec: SamplerSpec) -> None:
    """Checks a sampler on an example data set, of which every third image is held out."""
    names = ", ".join(["x", *sorted(spec.gives)])
    if report.holds(f"its batches contain {names}, and only training images", _check_batches, spec):
        report.holds("its batches depend only on the seed and the step", _check_purity, spec)


def _sampler(spec: SamplerSpec, seed: int = SEED) -> tuple[Sampler, NDArray[np.int64]]:
    """A sampler and its training images."""
    data = ExampleData(SHAPES[0])
    train = np.delete(np.arange(len(data)), np.s_[::3])
    return spec.build(data, train, BATCH, seed), train


def _check_batches(spec: SamplerSpec) -> None:
    sampler, train = _sampler(spec)
    for step in range(STEPS):
        batch = sampler(step)
        require(isinstance(batch, Batch), f"returned {type(batch).__name__}, expected a bvtk.Batch")
        require("x" in batch.images, f"batch.images has {', '.join(batch.images) or 'nothing'}, expected an 'x'")
        names = {*batch.images, *batch.labels, *batch.facts} - {"x"}
        expected = f"expected {sorted(spec.gives)} as in `gives`"
        require(names == spec.gives, f"its batch has {sorted(names)} besides x, {expected}")
        for role, index in batch.images.items():
            require(index.shape == (BATCH,), f"{role} has shape {index.shape}, expected ({BATCH},)")
            require(index.dtype == np.int64, f"{role} has type {index.dtype}, expected int64")
            require(np.isin(index, train).all(), f"{role} contains an image that is held out: use only `indices`")
        for name, label in batch.labels.items():
            require(len(label) == BATCH, f"label {name} has {len(label)} rows, expected {BATCH}")
            first = sampler(0).labels[name]
            same = (label.shape, label.dtype) == (first.shape, first.dtype)
            require(same, f"label {name} has another shape or type at step {step} than at step 0")
        hash(batch.key)


def _check_purity(spec: SamplerSpec) -> None:
    first, again, others = (_sampler(spec, seed)[0] for seed in (SEED, SEED, SEED + 1))
    forwards = [first(step) for step in range(STEPS)]
    backwards = [again(step) for step in reversed(range(STEPS))][::-1]
    for step, (one, other) in enumerate(zip(forwards, backwards, strict=True)):
        require(_same(one, other), f"its batch at step {step} depends on previous calls")
    differs = any(not _same(batch, others(step)) for step, batch in enumerate(forwards))
    require(differs, "returned the same batches for another seed: derive a generator from the seed and the step")


def _same(one: Batch, other: Batch) -> bool:
    pairs = [(one.images, other.images), (one.labels, other.labels)]
    arrays = all(np.array_equal(a[name], b[name]) for a, b in pairs for name in a)
    return arrays and one.key == other.key
