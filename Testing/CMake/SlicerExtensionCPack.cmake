file(APPEND "${SlicerStub_CALLS}" "CPACK||\n")
