from torch import nn

from bvtk.component import dump, objectives, parse
from bvtk.objectives.factor_vae import build_discriminator


def test_the_defaults_are_the_papers():
    spec = parse(objectives.get("factor_vae"), {})
    network = build_discriminator(10, spec.hidden)
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in layers] == [10] + 6 * [1000]
    assert layers[-1].out_features == 2
    assert [layer.negative_slope for layer in network if isinstance(layer, nn.LeakyReLU)] == 6 * [0.2]
    assert dump(spec.discriminator_optimizer).items() >= {"type": "adam", "beta1": 0.5, "beta2": 0.9}.items()
    assert spec.discriminator_optimizer.lr.build(1)(0) == 1e-4
    assert spec.gamma.build(1)(0) == 35.0
