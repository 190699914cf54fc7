from bvtk.report.usage import usage
from tests.report.examples import made_up


def test_the_code_calls_what_the_model_can_do():
    assert usage(made_up()).split("\n")[2:] == [
        'run = bvtk.load("model.safetensors")',
        "z = run.encode(images)   # (n, C, H, W) in [0, 1] → (n, 4) posterior means",
        "x = run.decode(z)        # images of codes, (n, C, H, W) in [0, 1]",
    ]
    alone = usage(made_up(traversals=None, kl_per_latent=None, reads="factors", export='a"b'))
    assert alone.split("\n")[2:] == [
        'run = bvtk.load("a\\"b")',
        "z = run.encode(factors)  # (n, k) from 0 → (n, 4) codes",
    ]
