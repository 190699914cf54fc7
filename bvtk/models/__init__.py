"""Models, their encoders and decoders, and the likelihoods of images."""
