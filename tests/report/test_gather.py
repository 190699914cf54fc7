from __future__ import annotations

from pathlib import Path

import numpy as np

from bvtk.report.gather import gather
from tests.test_pipeline import pipeline


def test_a_report_is_gathered_from_the_run(workplace: Path) -> None:
    run, _, folder = pipeline("training.held_out=0.2")
    run.export()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert inputs.name == "tiny"
    assert inputs.originals.shape == inputs.reconstructions.shape == (10, 1, 12, 12)
    assert inputs.traversals.shape == (3, 3, 11, 1, 12, 12)
    assert inputs.positions is not None
    assert inputs.positions.shape == (3, 5, 5)
    assert set(inputs.curves) == {"size"}
    assert inputs.scores["mig"]["score"] >= 0
    assert [line["step"] for line in inputs.log] == [10, 20, 30, 40]
    assert inputs.timings["train"] > 0
    assert inputs.warnings == []


def test_only_the_named_latent_moves_in_a_traversal(workplace: Path) -> None:
    """The block of latent l at value v is the decoded inferred code with v in place l."""
    import torch

    run, _, folder = pipeline("training.held_out=0.2")
    run.export()
    model = run.experiment.model
    inputs = gather(folder, run.recipe, model, run.dataset, run.device)
    with torch.inference_mode():
        code = model.encode(torch.from_numpy(inputs.originals[:1].astype(np.float32)))[0]
        code[0, 1] = float(inputs.span[4])
        expected = model.decode(code)[0].numpy()
    np.testing.assert_allclose(inputs.traversals[1, 0, 4], expected, atol=1e-6)


def test_images_that_trained_are_said_to_have(workplace: Path) -> None:
    run, _, folder = pipeline("training.held_out=0")
    run.export()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert any("no images were held out" in warning for warning in inputs.warnings)
