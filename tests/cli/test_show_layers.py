from __future__ import annotations

from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_layers_have_shapes_and_parameters(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "--layers")
    encoder = 4096 * 8 + 8 + 8 * 6 + 6
    assert found.code == 0
    assert "images 1×64×64" in found.out
    assert f"encoder {encoder:,}" in found.out
    layers = terminal("show", "r.yaml", "--layers", "--json").json()["layers"]
    assert layers["image"] == [1, 64, 64]
    assert layers["parts"]["encoder"] == encoder
    assert sum(row["parameters"] for row in layers["rows"]) == layers["parameters"]


def test_models_that_are_fitted_list_their_arrays(terminal: Terminal) -> None:
    changes = ("model={type: pca, latents: 3}", "objective=null", "training={steps: 0}")
    found = terminal("show", "r.yaml", *changes, "--layers")
    assert found.code == 0
    assert "encoder_weight  buffer  3×4096" in " ".join(found.out.split()).replace(" ", "  ")
