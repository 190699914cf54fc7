import pytest

from .authors import findings, problems
from .test_objectives import MODEL


def test_a_custom_model(tmp_path):
    body = '''
        @bvtk.register_model("mine")
        class Mine(bvtk.ModelSpec):
            """Mine."""

            encoder: bvtk.Encoder
            """Encodes."""

            def build(self, image):
                import torch
                from torch import nn

                class Model(nn.Module):
                    latents = 3

                    def __init__(self, encoder):
                        super().__init__()
                        self.encoder = encoder
                        self.decoder = nn.Linear(3, image.pixels)

                    def encode(self, x):
                        return self.encoder(x).chunk(2, 1)

                    def decode(self, z):
                        return self.decoder(z).unflatten(1, image)

                    def forward(self, x, generator=None):
                        mu, logvar = self.encode(x)
                        error = (self.decode(mu) - x).square().sum((1, 2, 3))
                        return bvtk.Outputs(x, mu, logvar, mu, error, mu.square() + logvar.square())

                return Model(self.encoder.build(image, 6))
    '''
    found = problems(tmp_path, body)
    assert found[0].startswith("model 'mine': for 1×64×64 images decode returned values from -")
    assert problems(tmp_path, body.replace("unflatten(1, image)", "unflatten(1, image).sigmoid()")) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("[0.0, 1.0]", None),
        ("[]", "traversal_values(0) returned [], expected finite numbers"),
        ("[0, float('nan')][:latent + 1]", "traversal_values(1) returned [0.0, nan], expected finite numbers"),
    ],
)
def test_the_values_of_a_traversal_are_finite_numbers(tmp_path, values, message):
    method = f"def traversal_values(self, latent):\n                        return {values}\n\n                    "
    body = MODEL.replace("self.judge(codes))", "codes)").replace("def encode(", method + "def encode(")
    assert next(iter(problems(tmp_path, body)), None) == (f"model 'player': {message}" if message else None)


def test_a_model_without_an_objective_has_a_note(tmp_path):
    found = findings(tmp_path, MODEL)
    assert [str(f) for f in found if f.level != "ok"] == [
        "model 'player': gives game, but no registered objective needs that, so its gradients were not tried"
    ]
    assert "returns a finite training pass and codes for images of" in " ".join(f.message for f in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return {}", "return {'accuracy': float('nan')}", "figures() of its training pass returned nan for accuracy"),
        ('return {"codes": self.codes}', "return {}", "tensors() of its training pass is empty"),
        ("def tensors(", "def tensor(", "its training pass Pass has no tensors()"),
        ("x.flatten(1)), None", "x.flatten(1)).double(), None", "encode returned codes of type torch.float64"),
        ("x.flatten(1)), None", "x.flatten(1))[:, :2], None", "encode returned codes (4, 2), expected (4, 3)"),
    ],
)
def test_models_that_break_their_contract(tmp_path, old, new, message):
    found = problems(tmp_path, MODEL.replace("self.judge(codes))", "codes)").replace(old, new))
    assert found[0].startswith(f"model 'player': {message}")


PAIRS = '''
    @bvtk.register_model("pairs")
    class Pairs(bvtk.ModelSpec):
        """Pairs."""

        gives = frozenset({"reconstruction", "sample"})
        takes = frozenset({"x_pair"})
        sampler = "pairs"

        def build(self, image):
            import torch
            from torch import nn

            class Pass:
                def __init__(self, x, codes, errors):
                    self.z, self.reconstruction = codes, errors.square().flatten(1).sum(1)

                def tensors(self):
                    return {"codes": self.z}

                def figures(self):
                    return {}

            class Model(nn.Module):
                latents = 3

                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(image.pixels, 3)

                def encode(self, x):
                    return self.layer(x.flatten(1)), None

                def decode(self, z):
                    return z.sum(1).sigmoid().reshape(-1, 1, 1, 1).expand(-1, *image)

                def forward(self, x, generator=None, x_pair=None):
                    both = x if x_pair is None else torch.cat([x, x_pair])
                    z = self.encode(both)[0]
                    return Pass(both, z, self.decode(z) - both)

            return Model()
'''


def test_the_pass_of_a_model_that_takes_pairs_may_be_over_both_images(tmp_path):
    assert problems(tmp_path, PAIRS) == []
    one_only = PAIRS.replace("Pass(both, z,", "Pass(both, z[:4],")
    assert problems(tmp_path, one_only)[0].endswith("Pass.z has shape (4, 3), expected (8, 3)")
    neither = PAIRS.replace("Pass(both, z, self.decode(z) - both)", "Pass(x, z[:3], (self.decode(z) - both)[:3])")
    assert "Pass.reconstruction has shape (3,), expected (4,)" in problems(tmp_path, neither)[0]


def fitted(fit: str = "self.mean.copy_(mean)", members: str = "", reads: str = "images", check: str = "pass") -> str:
    return f'''
        @bvtk.register_model("mine")
        class Mine(bvtk.ModelSpec):
            """Mine."""

            learns = "fit"
            reads = "{reads}"

            def check(self, dataset):
                from bvtk.errors import UsageError
                {check}

            def build(self, image):
                import numpy as np
                import torch
                from torch import nn

                class Model(nn.Module):
                    latents = 5

                    def __init__(self):
                        super().__init__()
                        self.register_buffer("mean", torch.zeros(5))
                        self.offset = 0.0

                    def fit(self, dataset, index, seed):
                        values = dataset.images(index).reshape(len(index), -1)[:, :5] / dataset.peak
                        mean = torch.from_numpy(values.mean(axis=0).astype(np.float32))
                        {fit}

                    def encode(self, x):
                        return x.flatten(1)[:, :5].float() - self.mean - self.offset, None
                    {members}

                return Model()
    '''


def test_a_fitted_model_is_fitted_on_example_data(tmp_path):
    found = findings(tmp_path, fitted())
    assert [f.message for f in found] == [
        "it and its fields are documented",
        "returns codes for images of 1×64×64, 3×64×64, 1×32×32, 3×48×40",
        "its fit and codes depend only on the seed",
        "an export contains its whole state",
    ]
    assert problems(tmp_path, fitted(reads="factors")) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("def fit(", "def fitt(", 'fit(dataset, index, seed), as expected for `learns = "fit"`'),
        ("def encode(", "def encoder(", "encode(x), which returns codes"),
        ("latents = 5", "codes = 5", "latents, the number of latents"),
        ('learns = "fit"', 'learns = "steps"', "forward(x, generator), its training pass"),
    ],
)
def test_a_missing_method_is_one_problem(tmp_path, old, new, message):
    assert problems(tmp_path, fitted().replace(old, new)) == [f"model 'mine': the model has no {message}"]


def test_a_fit_must_keep_its_state_in_buffers(tmp_path):
    (found,) = problems(tmp_path, fitted("self.offset = float(mean[0])"))
    assert found.startswith("model 'mine': has different outputs after export and loading")


def test_a_fit_must_draw_from_its_seed(tmp_path):
    (found,) = problems(tmp_path, fitted("self.mean.copy_(mean * np.random.default_rng().random())"))
    assert found == "model 'mine': two builds with the same seed have different values in 'mean'"


def test_a_model_that_needs_other_data_has_a_note(tmp_path):
    found = findings(tmp_path, fitted(check="raise UsageError('needs a factor that is called hue')"))
    assert [str(f) for f in found if f.level != "ok"] == [
        "model 'mine': on a data set with the factors shape, scale, orientation, x, y raised UsageError: "
        "needs a factor that is called hue"
    ]
