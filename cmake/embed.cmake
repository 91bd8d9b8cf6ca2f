# SPDX-License-Identifier: MIT
# Text files as a C source: cmake -DOUT=file.c -DNAME=symbol -DFILES="a.json;b.json" -P embed.cmake
#
# Makes `const struct embedded_file NAME[]` (embedded.h) and `const size_t NAME_count`, in the order of FILES. Every byte
# is written as a number, so that no text can end a literal early and none is too long for one.
set(text "/* SPDX-License-Identifier: MIT\n * Made by cmake/embed.cmake. */\n#include \"embedded.h\"\n\n")
set(entries)
set(i 0)
foreach(file ${FILES})
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND text "static const unsigned char file_${i}[] = {${bytes}0x00};\n")
  string(APPEND entries "    {\"${stem}\", (const char *)file_${i}, sizeof file_${i} - 1},\n")
  math(EXPR i "${i} + 1")
endforeach()
if(NOT FILES)
  set(entries "    {0}\n") # C has no empty array
endif()
string(APPEND text "\nconst struct embedded_file ${NAME}[] = {\n${entries}};\nconst size_t ${NAME}_count = ${i};\n")
file(WRITE ${OUT} "${text}")
