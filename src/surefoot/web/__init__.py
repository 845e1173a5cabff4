"""Pages for people: they read the store and compute nothing."""
