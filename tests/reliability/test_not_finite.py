"""A NaN or an infinity, wherever it comes from: an error that names it, no checkpoint spoiled, no score of 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bvtk.build import build, build_dataset
from bvtk.engine import step as stepping
from bvtk.engine.checkpoint import checkpoints, read_checkpoint
from bvtk.engine.step import Stepper
from bvtk.errors import BvtkError, RunError
from bvtk.metrics.mig_spec import Mig
from bvtk.pipeline import Pipeline
from bvtk.plugins import discover
from bvtk.protocols import Batch
from bvtk.recipe import load_recipe
from bvtk.runs import RunFolder
from tests.test_pipeline import pipeline

CPU = torch.device("cpu")
PRECISIONS = ("fp32", "bf16")


def kept(folder: RunFolder) -> list[int]:
    """The steps of the checkpoints, all of whose numbers are finite."""
    found = checkpoints(folder.checkpoints)
    for _, path in found:
        tensors, _ = read_checkpoint(path)
        assert all(torch.isfinite(tensor).all() for part in tensors.values() for tensor in part.values())
    return [step for step, _ in found]


def built(*overrides: str) -> Any:
    discover()
    recipe = load_recipe(Path("tiny.yaml"), overrides).recipe
    dataset = build_dataset(recipe)
    return build(recipe, dataset, len(dataset), CPU)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_pixel(workplace: Path, monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    """No data set gives one, as pixels are kept as bytes; memory that went bad would."""
    load, calls = stepping.load_images, []

    def spoilt(*arguments: Any) -> torch.Tensor:
        calls.append(arguments)
        images = load(*arguments)
        if len(calls) == 18:
            images[3, 0, 5, 5] = float("nan")
        return images

    monkeypatch.setattr(stepping, "load_images", spoilt)
    training, _, folder = pipeline(f"training.precision={precision}")
    with pytest.raises(RunError, match="the images became not finite at step 17"):
        training.train()
    assert kept(folder) == [15]


def test_a_pixel_of_a_file_is_refused_before_anything_is_done(workplace: Path) -> None:
    images = np.zeros((20, 1, 8, 8), np.float32)
    images[7, 0, 1, 1] = np.nan
    np.savez("data.npz", images=images)
    training, _, folder = pipeline("metrics=[]")
    with pytest.raises(BvtkError, match=r"data\.npz"):
        training.train()
    assert kept(folder) == []


def failure(training: Pipeline) -> str:
    """What training failed by; empty where it did not."""
    try:
        training.train()
    except RunError as error:
        return error.message
    return ""


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_learning_rate_of_a_million(workplace: Path, precision: str, optimizer: str) -> None:
    """Adam lives through it, with weights of millions; what plain descent makes of it is past float32 at once."""
    overrides = (f"training.optimizer={{type: {optimizer}, lr: 1e6}}", f"training.precision={precision}")
    training, _, folder = pipeline(
        *overrides, "training.checkpoint_every=1", "training.keep=50", "training.log_every=1"
    )
    said = failure(training)
    assert not said or "not finite" in said or "too large for a float32" in said or "became" in said
    assert kept(folder)[:1] == [40] if not said else kept(folder)[:1] in ([], [len(folder.read_log())])
    assert all(np.isfinite(list(line.values())).all() for line in folder.read_log())


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("bias", [200.0, -200.0])
def test_a_log_variance_of_200(workplace: Path, precision: str, bias: float) -> None:
    experiment = built()
    last = [layer for layer in experiment.model.encoder.modules() if isinstance(layer, torch.nn.Linear)][-1]
    with torch.no_grad():
        last.bias[3:] = bias
    terms, outputs = Stepper(experiment, CPU, precision).run(Batch({"x": np.arange(8)}), 0)
    assert set(outputs.logvar.flatten().tolist()) == {20.0 if bias > 0 else -30.0}
    assert torch.isfinite(outputs.kl).all()
    assert np.isfinite(float(terms["loss"].detach()))
    assert all(torch.isfinite(weights).all() for weights in experiment.model.parameters())


def test_kl_is_computed_in_float32_under_bf16(workplace: Path) -> None:
    _, outputs = Stepper(built(), CPU, "bf16").run(Batch({"x": np.arange(8)}), 0)
    assert outputs.kl.dtype == outputs.reconstruction.dtype == torch.float32
    mu, logvar = outputs.mu.detach().double(), outputs.logvar.detach().double()
    torch.testing.assert_close(
        outputs.kl.detach().double(), 0.5 * (mu**2 + logvar.exp() - 1 - logvar), rtol=1e-5, atol=1e-7
    )


def test_a_term_that_is_only_logged(workplace: Path) -> None:
    training, _, folder = pipeline()
    experiment = training.experiment
    assert kept(folder) == [40, 30]
    objective = experiment.objective

    class Curious(torch.nn.Module):
        def forward(self, outputs: Any, step: int) -> Any:
            return {**objective(outputs, step), "curiosity": torch.tensor(float("inf"))}

    from bvtk.engine.state import TrainingState

    state = TrainingState(experiment)
    object.__setattr__(experiment, "objective", Curious())
    terms, _ = Stepper(experiment, CPU, "fp32").run(Batch({"x": np.arange(8)}), 0)
    state.window.add(terms)
    with pytest.raises(RunError, match="sums of the logged curiosity are not finite"):
        state.check_finite({"window": state.window.sums})


def test_a_score(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mig, "build", lambda _: lambda codes, seed: {"score": float("nan")})
    measuring, _, folder = pipeline("metrics=[mig]")
    with pytest.raises(BvtkError, match="mig: the score is not finite"):
        measuring.evaluate()
    assert not folder.scores.exists()


@pytest.mark.parametrize(
    ("part", "said"), [("decoder", "held_out: the score is not finite"), ("encoder", "codes of some images are not")]
)
def test_a_network_whose_outputs_overflow(workplace: Path, part: str, said: str) -> None:
    measuring, _, folder = pipeline("model.likelihood=gaussian", "training.steps=1", "metrics=[]")
    model = measuring.experiment.model
    with torch.no_grad():
        for weights in getattr(model, part).parameters():
            weights.fill_(1e25)
    with pytest.raises(BvtkError, match=said):
        measuring.evaluate()
    assert not folder.scores.exists()
