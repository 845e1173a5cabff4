"""Recordings in files become samples."""
