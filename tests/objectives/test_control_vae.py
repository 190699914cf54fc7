import math

import pytest
import torch

from bvtk.objectives.control_vae import Controller
from tests.objectives.passes import build, numbers, outputs


def steps(controller, errors, integral=0.0):
    """β and the integral at each of these errors, as numbers."""
    value, found = torch.tensor(integral), []
    for error in errors:
        beta, value = controller.step(torch.tensor(error), value)
        found.append((beta.item(), value.item()))
    return found


def near(wanted):
    """These pairs, up to rounding."""
    return [pytest.approx(pair) for pair in wanted]


def test_steps_by_hand():
    controller = Controller(kp=0.5, ki=0.1, beta_min=1.0, beta_max=math.inf)
    # e = −2: P = 0.5/(1 + e⁻²), I = 0.2. e = 0: P = 0.25. e = 1: P = 0.5/(1 + e), I = 0.2 − 0.1.
    first, second, third = steps(controller, [-2.0, 0.0, 1.0])
    assert first == pytest.approx((1 + 0.5 / (1 + math.exp(-2)) + 0.2, 0.2))
    assert second == pytest.approx((1 + 0.25 + 0.2, 0.2))
    assert third == pytest.approx((1 + 0.5 / (1 + math.e) + 0.1, 0.1))


def test_a_kl_above_its_target_raises_beta_and_one_below_lowers_it():
    controller = Controller(kp=0.01, ki=0.001, beta_min=1.0, beta_max=math.inf)
    above = [beta for beta, _ in steps(controller, [-10.0] * 5, 1.0)]
    below = [beta for beta, _ in steps(controller, [10.0] * 5, 1.0)]
    assert above == sorted(above)
    assert above[0] > 2
    assert below == sorted(below, reverse=True)
    assert below[0] < 2


def test_the_integral_is_constant_while_beta_is_clipped():
    controller = Controller(kp=0.5, ki=0.1, beta_min=1.0, beta_max=math.inf)
    # I = −0.3 and P = 0.5/(1 + e³) give less than 1: β is at its bound, and the integral is unchanged.
    assert steps(controller, [3.0] * 3) == [(1.0, 0.0)] * 3
    assert steps(controller, [3.0] * 3, integral=-0.2) == near([(1.0, -0.2)] * 3)


def test_the_integral_changes_again_when_the_error_changes_sign():
    controller = Controller(kp=0.5, ki=0.1, beta_min=1.0, beta_max=math.inf)
    (clipped, frozen), (_, thawed) = steps(controller, [3.0, -0.5], integral=-0.4)
    assert (clipped, frozen) == (1.0, pytest.approx(-0.4))
    assert thawed == pytest.approx(-0.35)  # β may still be at its bound, but not forever


def test_the_integral_is_constant_at_the_upper_bound_too():
    controller = Controller(kp=0.0, ki=1.0, beta_min=0.0, beta_max=1.0)
    assert steps(controller, [-0.6, -0.6, -0.6, 0.2]) == near([(0.6, 0.6), (1.0, 0.6), (1.0, 0.6), (0.4, 0.4)])
    assert steps(controller, [-0.6], integral=5.0) == [(1.0, 5.0)]


def test_a_process_under_control_reaches_its_target():
    """The KL is 40/β, so it reaches the target of 8 nats at β = 5."""
    controller = Controller(kp=0.01, ki=0.001, beta_min=1.0, beta_max=math.inf)
    beta, integral = torch.tensor(1.0), torch.tensor(0.0)
    for _ in range(5000):
        beta, integral = controller.step(8.0 - 40 / beta, integral)
    assert (40 / beta).item() == pytest.approx(8.0, abs=0.01)


def test_errors_of_any_size_stay_finite():
    controller = Controller(kp=0.01, ki=0.001, beta_min=1.0, beta_max=math.inf)
    assert all(math.isfinite(value) for pair in steps(controller, [1e6, -1e6, 1e6]) for value in pair)


KL = [[3.0, 1.0], [5.0, 3.0]]
"""6 nats per image on average."""


def test_the_objective_weights_the_kl_by_the_controllers_beta():
    built = build("control_vae", target=4, kp=0.5, ki=0.1)
    terms = numbers(built(outputs(kl=KL, reconstruction=[10.0, 20.0]), 0))
    beta = 1 + 0.5 / (1 + math.exp(-2)) + 0.2
    wanted = {"loss": 15 + beta * 6, "reconstruction": 15.0, "kl": 6.0, "target": 4.0, "beta": beta}
    assert terms == pytest.approx({**wanted, "beta_norm": beta * 2 / 4096})
    assert built.integral.item() == pytest.approx(0.2)


def test_no_gradient_flows_through_the_controller():
    kl = torch.tensor(KL, requires_grad=True)
    terms = build("control_vae", target=4)(outputs(kl=kl), 0)
    terms["loss"].backward()
    torch.testing.assert_close(kl.grad, torch.full((2, 2), terms["beta"].item() / 2))


def test_the_integral_is_the_state_and_only_changes_in_training():
    built = build("control_vae", target=4)
    assert built.state_dict().keys() == {"integral"}
    built(outputs(kl=KL), 0)
    moved = built.integral.item()
    built.eval()(outputs(kl=KL), 1)
    assert built.integral.item() == moved != 0
