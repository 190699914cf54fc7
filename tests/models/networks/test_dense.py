from tests.models.builders import decoder, encoder


def test_layers_of_the_papers_dense_encoder():
    kinds = [type(m).__name__ for m in encoder("higgins_fc").modules() if not list(m.children())]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_the_activation_follows_each_hidden_layer():
    kinds = [type(m).__name__ for m in encoder("mlp", hidden=[4, 4], activation="gelu").hidden]
    assert kinds == ["Linear", "GELU", "Linear", "GELU"]


def test_layers_of_the_papers_dense_decoder():
    kinds = [type(m).__name__ for m in decoder("higgins_fc").modules() if not list(m.children())]
    assert kinds == ["Linear", "Tanh"] * 3 + ["Linear"]
