import pytest

from bvtk.component import DatasetSpec
from bvtk.errors import PluginError
from bvtk.protocols import Dataset


def test_missing_members_of_a_data_set_are_listed():
    class Bare:
        image_shape, peak, provenance, factor_names, factor_sizes = None, 1, {}, (), ()

        def __len__(self):
            return 0

        images = factors = index_of = None

    class Whole(Bare, Dataset):
        pass

    class Mine(DatasetSpec):
        component = "mine"
        whole: bool

        def build(self):
            return (Whole if self.whole else Bare)()

    assert isinstance(Mine(whole=True).open(), Whole)
    with pytest.raises(PluginError, match="'mine': Bare has no value_names, weights, sequences, factor_roles") as found:
        Mine(whole=False).open()
    assert "derive the class from bvtk.Dataset" in found.value.hint
