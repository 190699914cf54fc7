import torch

from bvtk.objectives.elbo import bound_terms


def test_terms_are_sums_over_latents_and_means_over_images():
    reconstruction, kl = bound_terms(torch.tensor([100.0, 300.0]), torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert (reconstruction.item(), kl.item()) == (200.0, 6.0)
