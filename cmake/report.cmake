# SPDX-License-Identifier: MIT
# The page of `gaia report` without its data, and the scheduler's overview, as HTML files of their own: cmake
# -DOUT=page.html -DLIVE=live.html -DFOLDER=host/report -DSCRIPTS="a.js;b.js" -DVEGA=folder of libjs-vega -P
# report.cmake
#
# FOLDER/page.html has places for style, library, scripts, and the hashes by which its content security policy
# knows the scripts; @DATA@ stays, for host/score/report_page.c. Debian's Vega is one file a module, each of which
# asks for others by AMD's define(): FOLDER/library.js hands them to one another.
set(modules canvas dataflow encode event-selector expression format functions interpreter loader parser runtime
            scale scenegraph selection statistics time transforms util view view-transforms)

# A script must not end its element early.
function(check_script what text)
  if(text MATCHES "</[sS][cC][rR][iI][pP][tT]" OR text MATCHES "<!--")
    message(FATAL_ERROR "${what}: holds </script or <!--, and cannot stand in a page as it is")
  endif()
endfunction()

# The base64 form of a text's SHA-256.
function(sha256_base64 text out)
  set(digits ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(SHA256 hex "${text}")
  string(APPEND hex "00") # 32 bytes are eleven groups of three, the last one filled up
  set(result)
  foreach(i RANGE 0 60 6)
    string(SUBSTRING ${hex} ${i} 6 group)
    math(EXPR bits "0x${group}")
    foreach(shift 18 12 6 0)
      math(EXPR digit "(${bits} >> ${shift}) & 63")
      string(SUBSTRING ${digits} ${digit} 1 letter)
      string(APPEND result ${letter})
    endforeach()
  endforeach()
  string(SUBSTRING ${result} 0 43 result)
  set(${out} "${result}=" PARENT_SCOPE)
endfunction()

# What Vega's licence asks of those who pass it on, as every page does.
set(licence /usr/share/doc/libjs-vega/copyright)
set(notice "Vega is under the BSD licence of three clauses.")
if(EXISTS ${licence})
  file(READ ${licence} notice)
  string(REPLACE "*/" "* /" notice "${notice}")
else()
  message(WARNING "${licence} is not there: pages name Vega's licence without its text")
endif()
file(READ ${FOLDER}/library.js library)
string(APPEND library "\n/*! What follows is Vega, with parts of D3 (Mike Bostock, ISC licence).\n\n${notice}\n*/\n")
foreach(module ${modules})
  file(READ ${VEGA}/vega-${module}.min.js text)
  string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" text "${text}")
  string(APPEND library "\nlibrary.add(\"vega-${module}\", function (define) {\n${text}\n});\n")
endforeach()
set(script "\"use strict\";\n")
foreach(file ${SCRIPTS})
  file(READ ${FOLDER}/${file} text)
  string(APPEND script "${text}")
endforeach()
file(READ ${FOLDER}/live.js live)
file(READ ${FOLDER}/page.css style)
foreach(name library script live)
  check_script(${name} "${${name}}")
  sha256_base64("${${name}}" ${name}_hash)
endforeach()

# Writes FOLDER/NAME.html to out with everything in its place.
function(write_page name out)
  file(READ ${FOLDER}/${name}.html page)
  foreach(place library_hash script_hash live_hash style library script live)
    string(TOUPPER ${place} mark)
    string(REPLACE "@${mark}@" "${${place}}" page "${page}")
  endforeach()
  file(WRITE ${out} "${page}")
endfunction()
write_page(page ${OUT})
write_page(live ${LIVE})
