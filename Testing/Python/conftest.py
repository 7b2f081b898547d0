"""Fixtures that several tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of reference data that is not part of the repository."""
    folder = os.environ.get("CAC_REFERENCE_DATA")
    if not folder:
        pytest.skip("CAC_REFERENCE_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep converted networks away from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAC_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
