"""Time of every metric for 10 latents on all images of dSprites, without the encoding.

    python benchmarks/metrics.py
    python benchmarks/metrics.py --metric dci --metric mig

The codes are artificial: a rotation of the standardised factors with noise, similar to those of a half-trained VAE.
Target on two cores: at most 10 s for all metrics except DCI and downstream accuracy, and at most 60 s for DCI.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from bvtk.cli.score import metric_named
from bvtk.component import metrics
from bvtk.metrics.scoring.compute import score
from bvtk.plugins import discover
from bvtk.protocols import Codes, conventional_roles

SIZES = (3, 6, 40, 32, 32)
SLOW = ("dci", "downstream")


def artificial_codes() -> Codes:
    """737,280 codes of 10 latents, with their factors."""
    rng = np.random.default_rng(0)
    factors = np.stack(np.meshgrid(*map(np.arange, SIZES), indexing="ij"), axis=-1).reshape(-1, len(SIZES))
    x = (factors - (np.array(SIZES) - 1) / 2) / np.sqrt((np.square(SIZES) - 1) / 12)
    rotation = np.linalg.qr(np.eye(10) + 0.3 * rng.normal(size=(10, 10)))[0]
    noisy = np.hstack([x + 0.1 * rng.normal(size=x.shape), rng.normal(size=x.shape)])
    names = ("shape", "scale", "orientation", "x", "y")
    return Codes((noisy @ rotation).astype(np.float32), factors, names, factor_roles=conventional_roles(names))


def main() -> None:
    """Print a line for each metric, and the sum of the fast ones."""
    discover()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    both = [name for name in metrics.names() if name != "beta_vae_score"]
    protocols = [f"beta_vae_score:protocol={name}" for name in ("paper", "dlib")]
    parser.add_argument("--metric", action="append", help="Metric to time; can be repeated (default: all).")
    codes, together = artificial_codes(), 0.0
    for name in parser.parse_args().metric or [*protocols, *both]:
        since = time.perf_counter()
        found = score(codes, [metric_named(name)], 0)
        taken = time.perf_counter() - since
        together += 0 if name.partition(":")[0] in SLOW else taken
        print(f"{name:32} {taken:7.2f} s   score {next(iter(found.values()))['score']:.3f}", flush=True)
    print(f"all except {' and '.join(SLOW)}: {together:.2f} s")


if __name__ == "__main__":
    main()
