# SPDX-License-Identifier: MIT
# What an installation has, in three components: `programs` (with their pages and completions), `library` (what a
# program that uses libgaia loads) and `development` (what it is compiled with: headers, archive, gaia.pc, the CMake
# package). `cmake --install` takes all of them, or the one that --component names.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The libraries that the archive needs: their packages, and the flags that link them and nothing behind them. gaia.pc
# gives the flags, not Requires.private: with --static that would ask for all that the archives of the packages need,
# which few machines have, and which takes part in no link here.
function(gaia_private_libraries packages_out libraries_out)
  get_property(libs GLOBAL PROPERTY GAIA_gaia_host_LIBS)
  set(packages)
  set(libraries -pthread -lm)
  foreach(lib ${libs})
    if(lib MATCHES "^PkgConfig::(.+)$")
      list(APPEND packages ${CMAKE_MATCH_1})
      list(APPEND libraries ${${CMAKE_MATCH_1}_LDFLAGS})
    elseif(lib STREQUAL gaia_eccodes)
      get_filename_component(folder ${ECCODES_LIBRARY} DIRECTORY)
      if(NOT folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
        list(APPEND libraries -L${folder})
      endif()
      list(APPEND libraries -leccodes)
    else()
      list(APPEND libraries -l${lib})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  list(JOIN packages " " packages)
  list(JOIN libraries " " libraries)
  set(${packages_out} ${packages} PARENT_SCOPE)
  set(${libraries_out} ${libraries} PARENT_SCOPE)
endfunction()

function(gaia_install_library)
  install(TARGETS libgaia_shared
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
  if(GAIA_CUDA)
    install(TARGETS gaia_cuda LIBRARY DESTINATION lib/gaia COMPONENT library)
  endif()
  install(FILES ${CMAKE_BINARY_DIR}/libgaia.a DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/gaia DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
          FILES_MATCHING PATTERN "*.h")

  gaia_private_libraries(GAIA_PRIVATE_PACKAGES GAIA_LIBS_PRIVATE)
  get_target_property(GAIA_SHARED_VERSION libgaia_shared VERSION)
  get_target_property(GAIA_ABI libgaia_shared SOVERSION)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/gaia)
  set(made ${CMAKE_BINARY_DIR}/package)
  # The folders may be said as absolute ones; else they are the prefix's, wherever that is moved to.
  foreach(folder LIBDIR INCLUDEDIR)
    set(GAIA_PC_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
      set(GAIA_PC_${folder} "${CMAKE_INSTALL_${folder}}")
    endif()
  endforeach()
  file(RELATIVE_PATH GAIA_PC_TO_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" /prefix)
  string(REGEX REPLACE "/$" "" GAIA_PC_TO_PREFIX ${GAIA_PC_TO_PREFIX})
  configure_file(${CMAKE_SOURCE_DIR}/cmake/gaia.pc.in ${made}/gaia.pc @ONLY)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/gaia-config.cmake.in ${made}/gaia-config.cmake
    INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
  write_basic_package_version_file(${made}/gaia-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${made}/gaia-config.cmake ${made}/gaia-config-version.cmake DESTINATION ${package}
          COMPONENT development)
  install(FILES ${made}/gaia.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endfunction()

# The programs, and what `gaia` writes of its table of commands. Where a sanitizer is in it, it is not run by the build.
function(gaia_install_programs)
  install(TARGETS gaia gaia-node gaia-scheduler gaia-executor
          RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  if(GAIA_CUDA)
    install(TARGETS gaia_cuda LIBRARY DESTINATION lib/gaia COMPONENT programs)
  endif()
  if(GAIA_SANITIZE)
    return()
  endif()
  set(pages ${CMAKE_BINARY_DIR}/man)
  set(completions ${CMAKE_BINARY_DIR}/completions)
  add_custom_command(OUTPUT ${pages}/gaia.1 ${completions}/gaia ${completions}/_gaia
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
    COMMAND gaia help --man-folder ${pages}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
    COMMAND gaia completion bash > ${completions}/gaia
    COMMAND gaia completion zsh > ${completions}/_gaia
    DEPENDS gaia VERBATIM)
  add_custom_target(gaia_pages ALL DEPENDS ${pages}/gaia.1)
  install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs
          FILES_MATCHING PATTERN "*.1")
  install(FILES ${completions}/gaia DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          COMPONENT programs)
  install(FILES ${completions}/_gaia DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT programs)
endfunction()

function(gaia_install)
  gaia_install_library()
  gaia_install_programs()
endfunction()
