"""Whether what a network answers can be taken at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...errors import CACError


def are_numbers(answers: Sequence[NDArray[np.float32]] | Sequence[Tensor]) -> bool:
    """Tell whether all probabilities ``[slice, class, row, column]`` are numbers."""
    # a pixel with one class that is no number has none that is: their sum is part of each. And a sum of
    # pixels is no number as soon as one of them is none, and takes no second array.
    return all(bool(np.isfinite(float(each[:, 0].sum()))) for each in answers)


def no_numbers(model: str) -> CACError:
    """Return what is to be said of a model whose answers are no numbers, instead of that it found nothing."""
    return CACError(
        f"the answers of the model '{model}' are no numbers: its weights are damaged or too large; "
        "use another model, or train it anew"
    )
