"""Running a model beside the reader: in a process of its own, with progress and a Cancel that works."""
