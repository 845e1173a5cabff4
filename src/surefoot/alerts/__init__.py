"""The decision to alert, the message, and the post."""
