import torch

from bvtk.passes import CAPABILITIES, Outputs


def outputs(mu):
    zeros = torch.zeros_like(mu)
    return Outputs(torch.zeros(len(mu), 1, 2, 2), mu, zeros, mu, zeros[:, 0], zeros)


def test_active_units_are_latents_whose_means_vary():
    # Variances of 0, 0.005 and 0.5 over two images.
    assert outputs(torch.tensor([[3.0, 0.0, 1.0], [3.0, 0.1, 2.0]])).figures() == {"active_units": 1}


def test_a_vaes_pass_has_its_capabilities():
    made = outputs(torch.zeros(2, 3))
    found = {name for name, protocol in CAPABILITIES.items() if isinstance(made, protocol)}
    assert found == {"reconstruction", "posterior", "sample"}
    assert list(made.tensors()) == ["images", "posterior means", "posterior log-variances"]
