"""What the panels in 3D Slicer are made of: the only package of this library that touches Qt.

Widgets come from a ``.ui`` file; each class here looks after some of them and knows nothing of the others.
"""
