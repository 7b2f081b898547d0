"""Labels from elsewhere for the scans of a project."""
