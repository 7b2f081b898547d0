# The macros that a scripted extension calls, with Slicer's arguments and its way of copying and installing: every
# script and resource keeps its relative path, and the whole folder of scripted modules is installed.
include(CTest)

function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(PARSE_ARGV 0 MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES")
  if(MODULE_UNPARSED_ARGUMENTS OR NOT MODULE_NAME)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule: NAME '${MODULE_NAME}', unknown '${MODULE_UNPARSED_ARGUMENTS}'")
  endif()
  set(scripted_modules "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")
  set(copies)
  foreach(kind SCRIPTS RESOURCES)
    foreach(file IN LISTS MODULE_${kind})
      set(source "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      if(NOT EXISTS "${source}")
        message(FATAL_ERROR "${MODULE_NAME} lists ${file} in ${kind}, and there is no such file")
      endif()
      file(APPEND "${SlicerStub_CALLS}" "${kind}|${MODULE_NAME}|${file}\n")
      add_custom_command(
        OUTPUT "${scripted_modules}/${file}"
        COMMAND ${CMAKE_COMMAND} -E copy "${source}" "${scripted_modules}/${file}"
        DEPENDS "${source}"
        VERBATIM
      )
      list(APPEND copies "${scripted_modules}/${file}")
    endforeach()
  endforeach()
  add_custom_target(${MODULE_NAME} ALL DEPENDS ${copies})
  install(DIRECTORY "${scripted_modules}/" DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}")
endfunction()

function(slicer_add_python_unittest)
  cmake_parse_arguments(PARSE_ARGV 0 TEST "" "SCRIPT;TESTNAME_PREFIX" "SLICER_ARGS")
  file(APPEND "${SlicerStub_CALLS}" "UNITTEST||${TEST_SCRIPT}\n")
endfunction()
