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


def test_an_optimizer_whose_state_a_checkpoint_does_not_keep(tmp_path):
    body = """
        @bvtk.register_optimizer("mine")
        class Mine(bvtk.OptimizerSpec):
            \"\"\"Mine.\"\"\"

            def build(self, parameters):
                import torch

                class Slower(torch.optim.SGD):
                    def step(self, closure=None):
                        for group in self.param_groups:
                            group["steps"] = group.get("steps", 0) + 1
                            group["lr"] /= group["steps"]
                        return super().step(closure)

                return Slower(parameters, lr=0.1)
    """
    (found,) = problems(tmp_path, body)
    assert found.startswith("optimizer 'mine': resumed from a checkpoint, it continued differently: keep")
