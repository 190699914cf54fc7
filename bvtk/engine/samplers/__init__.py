"""What a training batch consists of: each sampler is a pure function of the step, so nothing has to be restored."""
