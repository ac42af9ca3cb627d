# LibUV::libuv. LIBUV_ROOT points at a folder with include/uv.h and the library.
find_path(LibUV_INCLUDE_DIR uv.h HINTS ${LIBUV_ROOT} $ENV{LIBUV_ROOT} PATH_SUFFIXES include)
find_library(LibUV_LIBRARY NAMES uv HINTS ${LIBUV_ROOT} $ENV{LIBUV_ROOT} PATH_SUFFIXES lib)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibUV REQUIRED_VARS LibUV_LIBRARY LibUV_INCLUDE_DIR)
if(LibUV_FOUND AND NOT TARGET LibUV::libuv)
  add_library(LibUV::libuv UNKNOWN IMPORTED)
  set_target_properties(LibUV::libuv PROPERTIES IMPORTED_LOCATION "${LibUV_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LibUV_INCLUDE_DIR}")
endif()
mark_as_advanced(LibUV_INCLUDE_DIR LibUV_LIBRARY)
