from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.build import build, build_dataset
from bvtk.engine.step import Stepper
from bvtk.errors import RunError
from bvtk.plugins import discover
from bvtk.protocols import Batch
from bvtk.recipe import load_recipe
from tests.engine.test_checkpoint import experiment
from tests.systems import recipe_of

CPU = torch.device("cpu")


def test_the_learning_rate_follows_its_schedule(workplace: Path) -> None:
    built = experiment("training.optimizer.lr={type: linear, start: 0.1, end: 0, steps: 10}")
    stepper = Stepper(built, CPU, "fp32")
    stepper.run(Batch({"x": np.arange(4)}), 0)
    assert built.parts[0].optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    stepper.run(Batch({"x": np.arange(4)}), 5)
    assert built.parts[0].optimizer.param_groups[0]["lr"] == pytest.approx(0.05)


def test_a_step_is_the_gradient_of_the_loss_done_by_hand(workplace: Path) -> None:
    """SGD at rate η moves every weight by −η times the gradient of the mean loss."""
    overrides = ("training.optimizer={type: sgd, lr: 0.01}", "objective.beta=3")
    built, twin = experiment(*overrides), experiment(*overrides)
    Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(8)}), 0)
    generator = torch.Generator()
    from bvtk.seeding import derive

    generator.manual_seed(derive(0, "noise", 0))
    x = torch.from_numpy(twin.dataset.images(np.arange(8)).astype(np.float32))
    outputs = twin.model(x, generator)
    logits = twin.model.decoder(outputs.z)
    reconstruction = -(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log()).sum() / 8
    kl = 0.5 * (outputs.mu**2 + outputs.logvar.exp() - 1 - outputs.logvar).sum() / 8
    (reconstruction + 3 * kl).backward()
    for moved, weight in zip(built.model.parameters(), twin.model.parameters(), strict=True):
        torch.testing.assert_close(moved.detach(), (weight - 0.01 * weight.grad).detach(), rtol=1e-4, atol=1e-6)


def test_a_group_of_parameters_can_scale_the_learning_rate(workplace: Path) -> None:
    built, twin = (experiment("training.optimizer={type: sgd, lr: 0.01}") for _ in range(2))
    first, *others = built.parts[0].parameters
    kept = built.parts[0].optimizer.param_groups[0]
    kept["params"], kept["lr_scale"] = others, 0.5
    built.parts[0].optimizer.add_param_group({"params": [first]})
    before = [weight.detach().clone() for weight in twin.model.parameters()]
    for each in (built, twin):
        Stepper(each, CPU, "fp32").run(Batch({"x": np.arange(8)}), 0)
    for part, whole, start in zip(built.model.parameters(), twin.model.parameters(), before, strict=True):
        scale = 1 if part is first else 0.5
        torch.testing.assert_close((part - start).detach(), (scale * (whole - start)).detach(), rtol=1e-3, atol=1e-7)


def test_gradients_are_clipped(workplace: Path) -> None:
    built = experiment("training.optimizer={type: sgd, lr: 1.0}", "training.gradient_clip=0.01")
    before = [p.detach().clone() for p in built.model.parameters()]
    Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(8)}), 0)
    moved = torch.cat([(p - q).flatten() for p, q in zip(built.model.parameters(), before, strict=True)])
    assert float(moved.detach().norm()) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_weights_that_went_bad_stop_the_step_by_name(workplace: Path, precision: str) -> None:
    built = experiment()
    stepper = Stepper(built, CPU, precision)
    with torch.no_grad():
        next(iter(built.model.decoder.parameters())).fill_(float("inf"))
    with pytest.raises(RunError, match=r"weights decoder.* not finite since step 2"):
        stepper.run(Batch({"x": np.arange(4)}), 3)


def test_a_term_that_went_bad_is_named_and_no_weight_moves(workplace: Path) -> None:
    built = experiment()
    before = [p.detach().clone() for p in built.model.parameters()]
    objective = built.objective

    class Broken(torch.nn.Module):
        def forward(self, outputs, step):
            terms = objective(outputs, step)
            return {**terms, "loss": terms["loss"] * float("nan"), "kl": terms["kl"] * float("nan")}

    object.__setattr__(built, "objective", Broken())
    with pytest.raises(RunError, match="term 'kl' became nan at step 0"):
        Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(4)}), 0)
    assert all(torch.equal(p, q) for p, q in zip(built.model.parameters(), before, strict=True))


def test_noise_depends_on_seed_and_step_alone(workplace: Path) -> None:
    one, two = experiment(), experiment()
    torch.manual_seed(1)
    _, first = Stepper(one, CPU, "fp32").run(Batch({"x": np.arange(4)}), 5)
    torch.manual_seed(2)
    _, second = Stepper(two, CPU, "fp32").run(Batch({"x": np.arange(4)}), 5)
    assert torch.equal(first.z, second.z)


def test_what_an_objective_draws_is_not_the_noise_again(workplace: Path) -> None:
    built = experiment()
    objective = built.objective
    drawn = []

    class Drawing(torch.nn.Module):
        def forward(self, outputs, step):
            drawn.append(torch.randn(outputs.z.shape))
            return objective(outputs, step)

    object.__setattr__(built, "objective", Drawing())
    stepper = Stepper(built, CPU, "fp32")
    for _ in range(2):
        _, outputs = stepper.run(Batch({"x": np.arange(4)}), 5)
    noise = (outputs.z - outputs.mu) / (0.5 * outputs.logvar).exp()
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.isclose(drawn[1], noise, atol=1e-4).any()


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")
@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_a_run_can_be_compiled(workplace: Path) -> None:
    plain, compiled = experiment(), experiment("training.compile=true")
    terms, _ = Stepper(plain, CPU, "fp32").run(Batch({"x": np.arange(8)}), 0)
    torch.compiler.reset()
    fast, _ = Stepper(compiled, CPU, "fp32").run(Batch({"x": np.arange(8)}), 0)
    assert float(fast["loss"]) == pytest.approx(float(terms["loss"]), rel=1e-4)


class _Spoiling(torch.nn.Module):
    """Objectives of several parts whose chosen loss is finite, and whose gradients are not."""

    def __init__(self, objective: torch.nn.Module, loss: str) -> None:
        super().__init__()
        self.objective, self.loss = objective, loss

    def forward(self, outputs, step):
        terms = self.objective(outputs, step)
        nothing = terms[self.loss] * 0
        return {**terms, self.loss: terms[self.loss] + nothing.sqrt()}  # the slope of √ at 0 is infinite, and ∞ · 0 NaN


@pytest.mark.parametrize("clip", ["null", "1.0"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_gradients_that_are_not_finite_change_no_weight(workplace: Path, precision: str, clip: str) -> None:
    built = experiment(f"training.gradient_clip={clip}")
    object.__setattr__(built, "objective", _Spoiling(built.objective, "loss"))
    before = [p.detach().clone() for p in built.model.parameters()]
    with pytest.raises(RunError, match=r"the gradients of encoder\..* are not finite at step 7"):
        Stepper(built, CPU, precision).run(Batch({"x": np.arange(4)}), 7)
    assert all(torch.equal(p, q) for p, q in zip(built.model.parameters(), before, strict=True))


def test_bad_gradients_of_one_part_change_no_other(workplace: Path) -> None:
    """Of InfoGAN's two optimisers the second goes bad, and the first has moved nothing either."""
    discover()
    recipe = load_recipe(recipe_of("infogan")).recipe
    dataset = build_dataset(recipe)
    built = build(recipe, dataset, len(dataset), CPU)
    object.__setattr__(built, "objective", _Spoiling(built.objective, built.parts[1].loss))
    before = [p.detach().clone() for p in built.model.parameters()]
    with pytest.raises(RunError, match=r"the gradients of .* are not finite at step 0"):
        Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(4)}), 0)
    assert all(torch.equal(p, q) for p, q in zip(built.model.parameters(), before, strict=True))


def test_a_norm_past_float32_stops_too(workplace: Path) -> None:
    """Adam squares gradients: at 1e25 their squares are infinite, and weights would never move again."""
    built = experiment()
    objective = built.objective

    class Steep(torch.nn.Module):
        def forward(self, outputs, step):
            terms = objective(outputs, step)
            return {**terms, "loss": terms["loss"] * 1e25}

    object.__setattr__(built, "objective", Steep())
    with pytest.raises(RunError, match="too large for a float32 at step 0"):
        Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(4)}), 0)
