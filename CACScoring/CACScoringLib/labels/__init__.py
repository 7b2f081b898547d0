"""Label maps on disk."""
