"""The parts of the panel of *CAC Annotation*: the only files of this library that use Qt."""
