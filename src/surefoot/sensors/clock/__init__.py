"""When readings were taken: packets as they arrive become samples and gaps in gateway time."""
