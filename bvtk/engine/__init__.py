"""The training loop and its parts: samplers, steps, optimisers, devices, checkpoints."""
