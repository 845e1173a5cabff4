"""Guided strength tests: what was done between two taps, judged from the samples. The door is ``assess``."""
