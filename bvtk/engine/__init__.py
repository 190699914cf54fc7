"""The training loop, and what it stands on: optimisers, devices, checkpoints, the order of images."""
