from .authors import problems


def test_an_optimizer_that_maximises(tmp_path):
    body = '''
        @bvtk.register_optimizer("mine")
        class Mine(bvtk.OptimizerSpec):
            """Mine."""

            def build(self, parameters):
                import torch

                return torch.optim.SGD(parameters, lr=0.1, maximize=True)
    '''
    (found,) = problems(tmp_path, body)
    assert found.startswith("optimizer 'mine': changed a sum of squares from ")
