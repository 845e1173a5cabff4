"""Exports: what a store holds of one patient, as files that other programs read."""
