# cmake -DPROGRAM=… -DEXPECTED=… -P compare.cmake: fails if the program does not print what README.md says it prints.
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE actual ERROR_VARIABLE errors RESULT_VARIABLE result)
file(READ "${EXPECTED}" expected)
if(NOT result EQUAL 0 OR NOT actual STREQUAL expected)
  message(FATAL_ERROR "README.md says:\n${expected}\nthe program said (${result}):\n${actual}${errors}")
endif()
