"""Encoders and decoders, and the networks of InfoGAN."""
