"""The page: a template for Vue, a style sheet and what the browser does by itself."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
