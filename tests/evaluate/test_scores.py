from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from bvtk.evaluate.scores import evaluate, quick_scores, warnings_of
from tests.evaluate.built import CPU, built, measured
from tests.systems import SYSTEMS

MEASURED = {
    "vae": {"held_out", "squared_error", "mig"},
    "dc_ign": {"held_out", "squared_error", "mig"},
    "infogan": {"mig"},
    "pca": {"squared_error", "mig"},
    "pixels": {"squared_error", "mig"},
    "ground_truth": {"mig"},
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_scores_that_a_system_does_not_have_are_missing(workplace: Path, system: str) -> None:
    recipe, dataset, model = built(system)
    found = evaluate(recipe, model, dataset, CPU)
    assert set(found.scores) == MEASURED[system]
    assert ("kl" in found.latents) == ("held_out" in found.scores)
    assert "null" not in json.dumps(found.scores)
    if "held_out" not in found.scores:
        assert warnings_of(found.scores, {}) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_scores_during_training_have_the_same_entries(workplace: Path, system: str) -> None:
    recipe, dataset, model = built(system)
    found = quick_scores(recipe, model, dataset, CPU)
    assert set(found["scores"]) == MEASURED[system]
    assert ("active_units" in found) == ("kl_per_latent" in found) == ("held_out" in found["scores"])


def test_the_same_model_gets_the_same_scores(workplace: Path) -> None:
    *_, model, first = measured()
    assert measured(model=model)[3].scores == first.scores


def test_scores_during_training_have_their_number_of_images(workplace: Path) -> None:
    recipe, dataset, model, _ = measured()
    found = quick_scores(recipe, model, dataset, CPU)
    assert found["images"] == 75
    assert set(found["scores"]) == {"held_out", "squared_error", "mig", "beta_vae_score"}
    assert len(found["kl_per_latent"]) == 3


def test_a_collapsed_posterior_has_a_warning(workplace: Path) -> None:
    *_, model, healthy = measured()
    assert warnings_of(healthy.scores, {}) == [] or healthy.scores["held_out"]["active_units"] == 0
    with torch.no_grad():
        list(model.encoder.parameters())[-2].zero_()
    (warning,) = warnings_of(measured(model=model)[3].scores, {})
    assert "none of the 3 latents" in warning
