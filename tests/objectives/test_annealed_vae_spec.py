from bvtk.component import objectives, parse


def test_the_defaults_are_the_papers():
    spec = parse(objectives.get("annealed_vae"), {})
    capacity = spec.capacity.build(training_steps=10)
    assert [capacity(step) for step in (0, 50_000, 100_000, 10**6)] == [0.0, 12.5, 25.0, 25.0]
    assert spec.gamma.build(10)(0) == 1000.0
