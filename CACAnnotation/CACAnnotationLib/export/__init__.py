"""Labels of a project as files that others train on."""
