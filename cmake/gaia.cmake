# SPDX-License-Identifier: MIT
# The build's own vocabulary: gaia_module (a folder), gaia_library (libgaia), gaia_programs.

function(gaia_find_packages)
  find_package(Threads REQUIRED)
  if(GAIA_KERNELS_ONLY)
    return()
  endif()
  find_package(PkgConfig REQUIRED)
  foreach(name jansson netcdf hdf5 sqlite3 libmicrohttpd libcurl libcrypto libxxhash blosc libzstd liblz4 zlib glib-2.0)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${name})
  endforeach()
  if(GAIA_POSTGRES)
    pkg_check_modules(libpq REQUIRED IMPORTED_TARGET GLOBAL libpq)
    target_compile_definitions(gaia_flags INTERFACE GAIA_POSTGRES)
  endif()
  find_library(NNG_LIBRARY nng REQUIRED)
  find_path(NNG_INCLUDE nng/nng.h REQUIRED)
  add_library(gaia_nng INTERFACE)
  target_link_libraries(gaia_nng INTERFACE ${NNG_LIBRARY} Threads::Threads)
  target_include_directories(gaia_nng SYSTEM INTERFACE ${NNG_INCLUDE})
  # Debian 12's eccodes.pc names an include folder that is not there.
  find_library(ECCODES_LIBRARY eccodes REQUIRED)
  find_path(ECCODES_INCLUDE eccodes.h REQUIRED)
  add_library(gaia_eccodes INTERFACE)
  target_link_libraries(gaia_eccodes INTERFACE ${ECCODES_LIBRARY})
  target_include_directories(gaia_eccodes SYSTEM INTERFACE ${ECCODES_INCLUDE})
endfunction()

# Flags that every C file of ours is compiled with. Contraction is off because the order and the
# rounding of every sum is a contract (kernels/moments.h).
add_library(gaia_flags INTERFACE)
target_compile_definitions(gaia_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64
                           GAIA_VERSION="${PROJECT_VERSION}")
target_compile_options(gaia_flags INTERFACE -ffp-contract=off -fno-strict-overflow
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
  -Wcast-qual -Wformat=2 -Wundef -Wvla -Wswitch-enum
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wnull-dereference>
  $<$<BOOL:${GAIA_WERROR}>:-Werror>)
if(GAIA_SANITIZE)
  target_compile_options(gaia_flags INTERFACE -fsanitize=${GAIA_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all
                         $<$<BOOL:$<TARGET_PROPERTY:GAIA_IS_TEST>>:-fno-sanitize=undefined>)
  target_link_options(gaia_flags INTERFACE -fsanitize=${GAIA_SANITIZE})
endif()
if(GAIA_COVERAGE) # of targets, but those that are GAIA_COUNTED never; threads count together, but for those counted singly
  set(counted $<TARGET_PROPERTY:GAIA_COUNTED>)
  set(update $<IF:$<STREQUAL:${counted},singly>,single,atomic>)
  target_compile_options(gaia_flags INTERFACE
    $<$<NOT:$<STREQUAL:${counted},never>>:--coverage$<SEMICOLON>-fprofile-update=${update}>)
  target_link_options(gaia_flags INTERFACE --coverage)
endif()

# gaia_module(NAME SOURCES a.c b.c DEPS other modules LIBS external targets)
function(gaia_module name)
  cmake_parse_arguments(M "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_library(${name} OBJECT ${M_SOURCES})
  set(dirs ${CMAKE_CURRENT_SOURCE_DIR})
  set(libs ${M_LIBS})
  set(modules ${name})
  foreach(dep ${M_DEPS})
    foreach(property DIRS LIBS MODULES)
      get_property(value GLOBAL PROPERTY GAIA_${dep}_${property})
      string(TOLOWER ${property} list)
      list(APPEND ${list} ${value})
    endforeach()
  endforeach()
  foreach(list dirs libs modules)
    list(REMOVE_DUPLICATES ${list})
  endforeach()
  set_property(GLOBAL PROPERTY GAIA_${name}_DIRS ${dirs})
  set_property(GLOBAL PROPERTY GAIA_${name}_LIBS "${libs}")
  set_property(GLOBAL PROPERTY GAIA_${name}_MODULES ${modules})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include ${dirs})
  target_link_libraries(${name} PRIVATE gaia_flags ${M_LIBS} Threads::Threads)
endfunction()

# gaia_embed(MODULE NAME [EXTENSION]): makes the files NAME/*.json, or of that extension, part of the module, as
# embedded_NAME, sorted by name (host/score/embedded.h).
function(gaia_embed module name)
  set(extension json)
  if(ARGC GREATER 2)
    set(extension ${ARGV2})
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.${extension})
  set(unit ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.c)
  add_custom_command(OUTPUT ${unit}
    COMMAND ${CMAKE_COMMAND} -DOUT=${unit} -DNAME=embedded_${name} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${module} PRIVATE ${unit})
endfunction()

# gaia_page(MODULE): makes the page of `gaia report` and the scheduler's overview part of the module, as
# embedded_report; without Vega or with GAIA_REPORT off it is empty.
function(gaia_page module)
  set(folder ${CMAKE_SOURCE_DIR}/host/report)
  set(scripts data.js scorecard.js charts.js latitude.js coastline.js maps.js forecasts.js page.js)
  set(pages)
  if(GAIA_REPORT)
    find_path(GAIA_VEGA vega-view.min.js PATHS /usr/share/javascript/vega /usr/share/nodejs/vega NO_DEFAULT_PATH)
    if(NOT GAIA_VEGA)
      message(WARNING "libjs-vega is not installed: gaia report is left out (-DGAIA_REPORT=OFF says so by itself)")
    endif()
  endif()
  if(GAIA_REPORT AND GAIA_VEGA)
    set(pages ${CMAKE_CURRENT_BINARY_DIR}/page.html ${CMAKE_CURRENT_BINARY_DIR}/live.html)
    list(TRANSFORM scripts PREPEND ${folder}/ OUTPUT_VARIABLE sources)
    add_custom_command(OUTPUT ${pages}
      COMMAND ${CMAKE_COMMAND} -DOUT=${CMAKE_CURRENT_BINARY_DIR}/page.html
              -DLIVE=${CMAKE_CURRENT_BINARY_DIR}/live.html -DFOLDER=${folder} "-DSCRIPTS=${scripts}" -DVEGA=${GAIA_VEGA}
              -P ${CMAKE_SOURCE_DIR}/cmake/report.cmake
      DEPENDS ${sources} ${folder}/library.js ${folder}/live.js ${folder}/live.html ${folder}/page.html
              ${folder}/page.css ${GAIA_VEGA}/vega-view.min.js ${CMAKE_SOURCE_DIR}/cmake/report.cmake VERBATIM)
  endif()
  set(unit ${CMAKE_CURRENT_BINARY_DIR}/embedded_report.c)
  add_custom_command(OUTPUT ${unit}
    COMMAND ${CMAKE_COMMAND} -DOUT=${unit} -DNAME=embedded_report "-DFILES=${pages}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${pages} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${module} PRIVATE ${unit})
endfunction()

# gaia_use(TARGET modules...): link the objects of modules and of all that they depend on.
function(gaia_use target)
  foreach(module ${ARGN})
    foreach(property DIRS LIBS MODULES)
      get_property(value GLOBAL PROPERTY GAIA_${module}_${property})
      list(APPEND used_${property} ${value})
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES used_MODULES)
  list(REMOVE_DUPLICATES used_LIBS)
  list(REMOVE_DUPLICATES used_DIRS)
  foreach(module ${used_MODULES})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${module}>)
    get_property(value GLOBAL PROPERTY GAIA_${module}_OBJECTS)
    foreach(object ${value})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${object}>)
    endforeach()
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include ${used_DIRS})
  target_link_libraries(${target} PRIVATE gaia_flags ${used_LIBS} Threads::Threads m)
endfunction()

# libgaia.so and libgaia.a hold the engine and the client; both show gaia_ symbols only. In the archive
# that takes one more step: its objects are joined and what is hidden is made local.
function(gaia_library)
  add_library(libgaia_shared SHARED)
  file(STRINGS ${CMAKE_SOURCE_DIR}/include/gaia/status.h line REGEX "^#define GAIA_ABI_VERSION ")
  string(REGEX MATCH "[0-9]+" abi ${line})
  set_target_properties(libgaia_shared PROPERTIES OUTPUT_NAME gaia SOVERSION ${abi}
                        VERSION ${abi}.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH})
  gaia_use(libgaia_shared gaia_host)
  get_property(modules GLOBAL PROPERTY GAIA_gaia_host_MODULES)
  set(objects)
  foreach(module ${modules})
    get_property(extra GLOBAL PROPERTY GAIA_${module}_OBJECTS)
    foreach(object ${module} ${extra})
      list(APPEND objects $<TARGET_OBJECTS:${object}>)
    endforeach()
  endforeach()
  set(joined ${CMAKE_BINARY_DIR}/gaia_joined.o)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/libgaia.a
    COMMAND ${CMAKE_LINKER} -r -o ${joined} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${joined}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${CMAKE_BINARY_DIR}/libgaia.a
    COMMAND ${CMAKE_AR} rcs ${CMAKE_BINARY_DIR}/libgaia.a ${joined}
    DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(libgaia_static ALL DEPENDS ${CMAKE_BINARY_DIR}/libgaia.a)
endfunction()

# gaia_program(NAME MAIN source MODULES modules)
function(gaia_program name)
  cmake_parse_arguments(P "" "MAIN" "MODULES" ${ARGN})
  add_executable(${name} ${P_MAIN})
  gaia_use(${name} ${P_MODULES})
endfunction()

function(gaia_programs)
  gaia_program(gaia MAIN host/main_gaia.c MODULES gaia_command)
  gaia_program(gaia-executor MAIN host/main_executor.c MODULES gaia_executor)
  gaia_program(gaia-scheduler MAIN scheduler/main_scheduler.c MODULES gaia_scheduler)
  gaia_program(gaia-node MAIN host/main_node.c MODULES gaia_node)

  # Benchmarks of the scheduler: built, never installed.
  add_executable(bench-core bench/bench_core.c)
  gaia_use(bench-core gaia_scheduler)
  add_executable(noop_executor host/main_executor.c bench/noop_executor.c)
  gaia_use(noop_executor gaia_executor)
  target_link_options(noop_executor PRIVATE -Wl,--wrap=lease_run -Wl,--wrap=engine_sums)
endfunction()
