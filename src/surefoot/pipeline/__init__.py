"""The order of work: days, baselines, trends, memory, and the clinic's side of it."""
