"""Between arrays and MRML nodes: the only package of this library that touches 3D Slicer's scene.

Scene, nodes and logics come in as arguments, so that the same functions serve Slicer's desktop and its core
alone, where there is no ``slicer.mrmlScene``.
"""
