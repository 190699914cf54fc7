"""Builders of components by name, and their sizes."""

from bvtk.component import decoders, encoders, models, parse
from bvtk.protocols import ImageShape

SPRITES = ImageShape(1, 64, 64)
CELEBA = ImageShape(3, 64, 64)
NAMES = ("burgess", "conv", "higgins_conv", "higgins_fc", "locatello", "mlp")


def encoder(name, image=SPRITES, outputs=20, **fields):
    return parse(encoders.get(name), fields).build(image, outputs)


def decoder(name, image=SPRITES, latents=10, **fields):
    return parse(decoders.get(name), fields).build(latents, image)


def vae(image=SPRITES, **fields):
    return parse(models.get("vae"), {"encoder": "mlp", "decoder": "mlp"} | fields).build(image)


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())
