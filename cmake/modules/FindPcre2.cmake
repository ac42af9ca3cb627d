# Pcre2::pcre2. PCRE2_ROOT points at a folder with include/pcre2.h and the library.
find_path(Pcre2_INCLUDE_DIR pcre2.h HINTS ${PCRE2_ROOT} $ENV{PCRE2_ROOT} PATH_SUFFIXES include)
find_library(Pcre2_LIBRARY NAMES pcre2-8 HINTS ${PCRE2_ROOT} $ENV{PCRE2_ROOT} PATH_SUFFIXES lib)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Pcre2 REQUIRED_VARS Pcre2_LIBRARY Pcre2_INCLUDE_DIR)
if(Pcre2_FOUND AND NOT TARGET Pcre2::pcre2)
  add_library(Pcre2::pcre2 UNKNOWN IMPORTED)
  set_target_properties(Pcre2::pcre2 PROPERTIES IMPORTED_LOCATION "${Pcre2_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Pcre2_INCLUDE_DIR}")
endif()
mark_as_advanced(Pcre2_INCLUDE_DIR Pcre2_LIBRARY)
