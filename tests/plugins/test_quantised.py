"""The autoencoder with quantised codes, against sums done by hand."""

from pathlib import Path

import pytest
import torch

from bvtk.api import run_folder
from bvtk.build import build_model
from bvtk.component import models, objectives, parse
from bvtk.engine.checkpoint import checkpoints, read_checkpoint
from bvtk.evaluate.scores import evaluate, warnings_of
from bvtk.pipeline import working
from bvtk.protocols import ImageShape, ObjectiveContext
from bvtk.recipe import LoadedRecipe, parse_recipe

pytestmark = pytest.mark.usefixtures("origins")

IMAGE = ImageShape(1, 4, 4)
MLP = {"type": "mlp", "hidden": [8]}


def autoencoder(**fields):
    torch.manual_seed(0)
    return parse(models.get("quantised"), {"latents": 3, "encoder": MLP, "decoder": MLP, **fields}).build(IMAGE)


def images(count=5):
    return torch.rand(count, *IMAGE, generator=torch.Generator().manual_seed(1))


def test_a_code_becomes_the_nearest_value_of_its_latent():
    model = autoencoder(values=3)
    assert torch.equal(model.codebook, torch.tensor([-0.5, 0.0, 0.5]).repeat(3, 1))
    with torch.no_grad():
        model.codebook[1] = torch.tensor([5.0, -1.0, 2.0])
    codes = torch.tensor([[-9.0, -9.0, 0.2], [0.3, 3.4, 0.26]])
    assert model.nearest(codes).tolist() == [[-0.5, -1.0, 0.0], [0.5, 2.0, 0.5]]
    assert model.traversal_values(1) == [-1.0, 2.0, 5.0]
    assert model.encode(images())[1] is None


def test_the_decoder_gets_the_quantised_code_and_the_encoder_its_gradient():
    model, x = autoencoder(), images()
    outputs = model(x)
    assert torch.allclose(outputs.z, model.encode(x)[0], atol=1e-6)
    logits = model.decoder(outputs.z_quantised)
    by_hand = -(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log()).sum(dim=(1, 2, 3))
    assert torch.allclose(outputs.reconstruction, by_hand, rtol=1e-5)
    z, continuous = torch.autograd.grad(outputs.reconstruction.sum(), [outputs.z, outputs.z_continuous])
    assert torch.equal(z, continuous)
    assert z.abs().sum() > 0


def test_the_loss_is_the_papers_times_the_number_of_pixels():
    model, x = autoencoder(), images()
    spec = parse(objectives.get("quantised"), {"quantisation": 0.3, "commitment": 0.2})
    objective, outputs = spec.build(ObjectiveContext(IMAGE, 3, 100, 10)), model(x)
    terms = objective(outputs, 0)
    error = ((outputs.z_continuous - outputs.z_quantised) ** 2).mean()
    published = outputs.reconstruction.mean() / IMAGE.pixels + 0.3 * error + 0.2 * error
    assert terms["loss"].item() == pytest.approx(IMAGE.pixels * published.item(), rel=1e-6)
    assert terms["quantisation_error"].item() == pytest.approx(error.item(), rel=1e-6)
    # Quantisation moves the codebook alone, commitment the codes alone.
    code, value = torch.autograd.grad(
        terms["loss"] - outputs.reconstruction.mean(), [outputs.z_continuous, outputs.z_quantised], retain_graph=True
    )
    step = 2 * (outputs.z_continuous - outputs.z_quantised) / outputs.z_quantised.numel() * IMAGE.pixels
    assert torch.allclose(code, 0.2 * step, rtol=1e-5)
    assert torch.allclose(value, -0.3 * step, rtol=1e-5)
    assert torch.autograd.grad(outputs.reconstruction.mean(), model.codebook, allow_unused=True) == (None,)


def test_the_values_in_use_are_counted_per_latent():
    outputs = autoencoder()(images())
    codes = torch.tensor([[0.0, 1.0, 2.0], [0.0, 1.0, 3.0], [0.0, 2.0, 4.0]])
    assert outputs._replace(z_quantised=codes).figures() == {"values_in_use": 2.0}


def recipe(objective):
    return parse_recipe(
        {
            "name": "small",
            "dataset": {"type": "arrays", "path": "data.npz"},
            "model": {"type": "quantised", "latents": 3, "encoder": MLP, "decoder": MLP},
            "objective": objective,
            "training": {"steps": 3, "batch_size": 16, "log_every": 1, "precision": "fp32", "held_out": 0.2},
        }
    )


def test_a_penalty_on_total_correlation_trains_it(workplace: Path):
    loaded = LoadedRecipe(recipe({"type": "factor_vae", "gamma": 2, "hidden": [8]}), {}, "", Path("small.yaml"))
    folder = run_folder(loaded.recipe, Path("runs"))
    with working(loaded, folder, "cpu") as pipeline:
        before = build_model(loaded.recipe, ImageShape(1, 12, 12)).state_dict()
        pipeline.train()
    after = read_checkpoint(checkpoints(folder.checkpoints)[0][1])[0]["model"]
    log = folder.read_log()
    assert [line["step"] for line in log] == [1, 2, 3]
    assert {"reconstruction", "total_correlation", "values_in_use"} <= log[0].keys()
    assert not {"kl", "active_units"} & log[0].keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == before.keys() - {"codebook"}


def test_it_is_measured_without_kl_and_its_collapse_is_noticed(workplace: Path):
    small = recipe("quantised")
    dataset, model = small.dataset.open(), build_model(small, ImageShape(1, 12, 12)).eval()
    found = evaluate(small, model, dataset, torch.device("cpu")).scores
    assert found["held_out"].keys() == {"score", "reconstruction", "active_units", "latents", "images", "trained_on"}
    assert found["held_out"]["active_units"] == 3
    assert warnings_of(found, {}) == []
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.zero_()
    found = evaluate(small, model, dataset, torch.device("cpu")).scores
    assert found["held_out"]["active_units"] == 0
    assert warnings_of(found, {})[0].startswith("collapse: none of the 3 latents responds to the images")
