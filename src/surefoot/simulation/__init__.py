"""The pretend world: a walker and a patient whose truth is known."""
