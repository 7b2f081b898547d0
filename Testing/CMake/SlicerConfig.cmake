# Stands in for the file of this name in Slicer's build tree, so that the extension can be configured, built and
# installed without Slicer. What the extension tells Slicer goes to slicer_calls.txt in the build folder.
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/SlicerExtensionGenerateConfig.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/SlicerExtensionCPack.cmake")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer-5.10/qt-scripted-modules")
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")

set(SlicerStub_CALLS "${CMAKE_BINARY_DIR}/slicer_calls.txt")
file(WRITE "${SlicerStub_CALLS}" "")
