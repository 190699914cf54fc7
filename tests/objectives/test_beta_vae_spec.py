import pytest

from bvtk.component import objectives
from bvtk.registry import BUILT_IN

SPECS = [entry.item for entry in objectives.entries() if entry.origin == BUILT_IN]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.component)
def test_every_objective_documents_its_source_its_use_and_its_weaknesses(spec):
    assert set(spec.notes()) == {"use", "weaknesses"}
    assert all(len(text) > 50 for text in spec.notes().values())
    assert "et al. 20" in spec.__doc__ or "& Mnih 2018" in spec.__doc__
    assert "equation" in spec.__doc__ or "algorithm" in spec.__doc__
