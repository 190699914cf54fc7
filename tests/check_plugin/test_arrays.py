import pytest

from .authors import findings, problems


def metric(result: str) -> str:
    return f'''
        @bvtk.register_metric("mine")
        class Mine(bvtk.MetricSpec):
            """Mine."""

            def build(self):
                import numpy as np
                from bvtk.errors import UsageError

                def score(codes, seed):
                    random = np.random.default_rng(seed)
                    {result}

                return score
    '''


def test_a_sound_metric(tmp_path):
    found = findings(tmp_path, metric("return {'score': float(random.random())}"))
    assert [f.message for f in found] == [
        "it and its fields are documented",
        "scores codes that are noisy factors: 0.637",
        "the seed alone decides its score",
    ]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("return 0.5", "gives 0.5, expected a dict with a 'score'"),
        ("return {'score': np.float32(0.5)}", "'score' is float32, expected a Python float"),
        ("return {'score': float('nan')}", "'score' is nan: raise a UsageError where there is none"),
        (
            "return {'score': 0.5, 'all': np.ones(2)}",
            "gives a part that JSON can't hold: Object of type ndarray is not JSON serializable",
        ),
        (
            "return {'score': np.random.default_rng().random()}",
            "gives another score for the same codes and seed: draw from the seed alone",
        ),
    ],
)
def test_metrics_that_break_their_word(tmp_path, result, message):
    where = "for 2000 codes of 5 dimensions and 3 factors"
    assert problems(tmp_path, metric(result)) == [f"metric 'mine': {where} {message}"]


def test_a_metric_may_refuse(tmp_path):
    found = findings(tmp_path, metric("raise UsageError('needs a test set')"))
    assert [f.message for f in found if f.level == "note"] == [
        "for 2000 codes of 5 dimensions and 3 factors it refuses: needs a test set"
    ]


def dataset(**changes: str) -> str:
    members = {
        "base": "bvtk.Dataset",
        "more": "",
        "peak": "1",
        "provenance": "{'source': 'drawn', 'sha256': ''}",
        "images": "(np.asarray(index)[:, None, None, None] % np.ones((1, 4, 4)) > 0).astype(np.uint8)",
        "factors": "np.stack([np.asarray(index) // 5, np.asarray(index) % 5], 1)",
        "index_of": "factors[:, 0] * 5 + factors[:, 1]",
    } | changes
    return f'''
        @bvtk.register_dataset("mine")
        class Mine(bvtk.DatasetSpec):
            """Mine."""

            def build(self):
                import numpy as np

                class Grid({members["base"]}):
                    image_shape = bvtk.ImageShape(1, 4, 4)
                    peak = {members["peak"]}
                    factor_names = ("a", "b")
                    factor_sizes = (3, 5)
                    provenance = {members["provenance"]}
                    {members["more"]}

                    def __len__(self):
                        return 15

                    def images(self, index):
                        return {members["images"]}

                    def factors(self, index):
                        return {members["factors"]}

                    def index_of(self, factors):
                        return {members["index_of"]}

                return Grid()
    '''


@pytest.mark.parametrize("more", ["", "weights, sequences = np.arange(15.), np.arange(15) // 5"])
def test_a_sound_dataset(tmp_path, more):
    assert problems(tmp_path, dataset(more=more)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"provenance": "{}"}, "provenance lacks 'source', 'sha256'"),
        (
            {"base": ""},
            "lacks value_names, weights, sequences, factor_roles: derive its class from bvtk.Dataset, "
            "or use bvtk.data.ImageSet",
        ),
        ({"more": "factor_roles = {'c': 'category'}"}, "factor_roles names 'c', which is not among its factor_names"),
        (
            {"more": "factor_roles = {'a': 'x'}"},
            "the role of factor 'a' is 'x', expected one of ('category', 'horizontal', 'vertical')",
        ),
        ({"more": "weights = np.ones(3)"}, "weights is float64 of shape (3,), expected float64 of shape (15,)"),
        ({"more": "weights = np.ones(15, int)"}, "weights is int64 of shape (15,), expected float64 of shape (15,)"),
        ({"more": "weights = np.zeros(15)"}, "weights must be finite, not negative, and not all 0"),
        ({"more": "weights = np.arange(15.) - 1"}, "weights must be finite, not negative, and not all 0"),
        ({"more": "sequences = np.zeros(3, int)"}, "sequences is int64 of shape (3,), expected int64 of shape (15,)"),
        ({"more": "sequences = np.arange(15) % 2"}, "the images of a sequence must have consecutive indices"),
        ({"peak": "0"}, "peak is 0, expected 1 for binary images and 255 otherwise"),
        ({"images": "np.zeros((len(index), 4, 4), np.uint8)"}, "images gives (15, 4, 4), expected (15, 1, 4, 4)"),
        ({"images": "np.zeros((len(index), 1, 4, 4))"}, "images gives float64, expected uint8"),
        ({"images": "np.full((len(index), 1, 4, 4), 9, np.uint8)"}, "a pixel is 9, above the peak of 1"),
        ({"factors": "np.zeros((len(index), 3), int)"}, "factors gives (15, 3), expected (15, 2)"),
        (
            {"factors": "np.stack([np.asarray(index) % 5, np.asarray(index) // 5], 1)"},
            "factors lie outside 0 to size − 1 for sizes (3, 5)",
        ),
        (
            {"index_of": "factors[:, 1]"},
            "index_of gives images with other factors than it was asked for",
        ),
    ],
)
def test_datasets_that_break_their_word(tmp_path, changes, message):
    found = problems(tmp_path, dataset(**changes))
    assert f"dataset 'mine': {message}" in found
