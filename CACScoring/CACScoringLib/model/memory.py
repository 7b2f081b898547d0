"""Telling errors of too little memory from others."""

from __future__ import annotations

import torch


def lacks_memory(error: Exception) -> bool:
    """Tell whether an error is one of too little memory; PyTorch's allocator for processors has no class."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return "alloc" in str(error).lower() and "memory" in str(error).lower()
