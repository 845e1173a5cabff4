"""What each maker's sensors say: their bytes, their scripts, what they can and cannot do."""
