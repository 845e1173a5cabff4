"""Arithmetic on samples and strides, nothing else: no waiting, file, clock, log or chance."""
