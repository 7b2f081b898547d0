"""Sections of the page, each with what it shows and what its buttons and keys do."""
