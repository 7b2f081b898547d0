"""The networks, their weights on disk, and what they are fed. Everything here needs PyTorch."""

from importlib.util import find_spec

from ..errors import CACError

if not (find_spec("torch") and find_spec("safetensors")):
    raise CACError(
        "models need PyTorch and safetensors; install them with: pip install 'coronary-calcium[model]'"
    )
