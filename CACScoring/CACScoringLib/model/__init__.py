"""The networks, their weights on disk, and what they are fed. Everything here needs PyTorch."""
