"""Work on a project that takes its time: ranking, rounds of learning, export; in a process of its own."""
