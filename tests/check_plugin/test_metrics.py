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
        "its score depends only on codes and seed",
    ]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("return 0.5", "returned 0.5, expected a dict with a 'score'"),
        ("return {'score': np.float32(0.5)}", "'score' is float32, expected a Python float"),
        ("return {'score': float('nan')}", "'score' is nan: raise a UsageError if there is no score"),
        (
            "return {'score': 0.5, 'all': np.ones(2)}",
            "returned a value that JSON can't represent: Object of type ndarray is not JSON serializable",
        ),
        (
            "return {'score': np.random.default_rng().random()}",
            "returned another score for the same codes and seed: draw only from the seed",
        ),
    ],
)
def test_metrics_that_break_their_contract(tmp_path, result, message):
    where = "for 2000 codes of 5 dimensions and 3 factors"
    assert problems(tmp_path, metric(result)) == [f"metric 'mine': {where} {message}"]


def test_a_metric_may_raise_a_usage_error(tmp_path):
    found = findings(tmp_path, metric("raise UsageError('needs a test set')"))
    assert [f.message for f in found if f.level == "note"] == [
        "for 2000 codes of 5 dimensions and 3 factors raised UsageError: needs a test set"
    ]
