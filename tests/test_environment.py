from __future__ import annotations

from bvtk.environment import environment


def test_the_environment_says_what_a_result_depends_on() -> None:
    facts = environment(device="cpu", threads=2)
    assert facts["libraries"]["torch"]
    assert facts["device"] == "cpu"
    assert facts["python"]
    assert facts["processor"]
