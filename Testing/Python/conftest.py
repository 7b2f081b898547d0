"""Fixtures that several tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of reference data that is not part of the repository."""
    folder = os.environ.get("CAC_REFERENCE_DATA")
    if not folder:
        pytest.skip("CAC_REFERENCE_DATA is not set")
    return Path(folder)
