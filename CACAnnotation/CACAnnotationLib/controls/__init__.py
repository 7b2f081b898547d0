"""What tools, keys and lists of the panels mean, in 3D Slicer as in the browser: no widget here."""
