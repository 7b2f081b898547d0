"""A reader at work on a scan: every action, without any user interface."""
