"""The workbench in a browser: Slicer core without Slicer, shown through trame."""
