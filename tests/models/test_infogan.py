import pytest
import torch

from bvtk.component import models, parse
from bvtk.errors import UsageError
from bvtk.models.infogan import LOGVAR_FLOOR, above_floor, draw_uniform
from bvtk.protocols import Decoding, ImageShape

IMAGE = ImageShape(3, 16, 24)


def infogan(**fields):
    torch.manual_seed(0)
    return parse(models.get("infogan"), fields).build(IMAGE)


def images(count=6):
    return torch.rand(count, *IMAGE, generator=torch.Generator().manual_seed(1))


def seeded(seed=5):
    return torch.Generator().manual_seed(seed)


def test_draws_are_uniform_between_minus_one_and_one():
    draws = draw_uniform(100_000, 2, seeded())
    assert -1 <= draws.min() < -0.999
    assert 0.999 < draws.max() <= 1
    assert draws.mean(dim=0).tolist() == pytest.approx([0, 0], abs=0.01)
    assert draws.var(dim=0).tolist() == pytest.approx([1 / 3, 1 / 3], abs=0.01)


def test_a_pass_has_the_shapes_of_both_players():
    found = infogan(latents=4, noise=2)(images(), seeded())
    assert found.real_logits.shape == found.fake_logits.shape == (6,)
    assert found.codes.shape == found.mu.shape == found.logvar.shape == (6, 4)
    assert found.codes.abs().max() <= 1
    assert all(tensor.isfinite().all() for tensor in found.tensors().values())
    assert found.figures() == {"active_units": 4}


def test_the_generator_argument_draws_everything_random():
    def run(seed):
        return infogan()(images(), seeded(seed))

    one, same, other = run(5), run(5), run(6)
    assert all(torch.equal(one.tensors()[name], tensor) for name, tensor in same.tensors().items())
    assert not torch.equal(one.codes, other.codes)
    assert not torch.equal(one.real_logits, other.real_logits)  # instance noise
    model = infogan()
    before = torch.get_rng_state()
    model(images(), seeded())
    assert torch.equal(torch.get_rng_state(), before)


def test_instance_noise_has_its_deviation_and_is_only_for_training():
    model = infogan(instance_noise=0.2)
    blurred = model._blur(torch.zeros(1000, *IMAGE), seeded())
    assert blurred.std().item() == pytest.approx(0.2, rel=0.01)
    assert blurred.mean().item() == pytest.approx(0.0, abs=0.001)
    assert torch.equal(model.eval()._blur(images(), seeded()), images())


def test_codes_are_recognised_in_images_scaled_to_minus_one_and_one():
    model = infogan(latents=4).eval()
    codes, logvar = model.encode(images())
    assert codes.shape == (6, 4)
    assert codes.dtype == torch.float32
    assert logvar is None
    means, _ = model.discriminator.recognise(model.discriminator.features(2 * images() - 1))
    assert torch.equal(codes, means)
    torch.testing.assert_close(model.encode(images()[:1])[0], codes[:1])  # independent of the batch


def test_decoded_images_are_generated_without_noise_and_within_0_and_1():
    model = infogan(latents=4, noise=3).eval()
    assert isinstance(model, Decoding)
    z = draw_uniform(5, 4, seeded())
    x = model.decode(z)
    assert x.shape == (5, *IMAGE)
    assert x.min() >= 0
    assert x.max() <= 1
    torch.testing.assert_close(2 * x - 1, model.generator(torch.cat([z, torch.zeros(5, 3)], dim=1)))


def test_it_needs_no_noise():
    assert infogan(noise=0, instance_noise=0)(images(), seeded()).codes.shape == (6, 5)


def test_log_variances_stay_above_the_floor_and_large_ones_are_unchanged():
    raw = torch.tensor([-1000.0, LOGVAR_FLOOR, 3.0])
    expected = [LOGVAR_FLOOR, LOGVAR_FLOOR + 0.6931472, 3.0001234]
    assert above_floor(raw).tolist() == pytest.approx(expected, abs=1e-5)


def test_outputs_are_float32_under_autocast():
    model = infogan().to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        found = model(images(), seeded())
        codes, _ = model.encode(images())
        decoded = model.decode(found.codes)
    assert {t.dtype for t in (*found.tensors().values(), found.codes, codes, decoded)} == {torch.float32}


def test_a_training_batch_of_one_image_is_refused():
    with pytest.raises(UsageError, match="at least 2 images per training batch"):
        infogan()(images(1), seeded())
    assert infogan().eval()(images(1), seeded()).mu.shape == (1, 5)
