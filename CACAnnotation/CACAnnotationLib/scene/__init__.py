"""Between annotations and MRML nodes: the only part of this library that touches 3D Slicer's scene."""
