"""One address in front of all readers' processes: who may come in, and who is sent where."""
