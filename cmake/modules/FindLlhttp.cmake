# Llhttp::llhttp, compiled from its C sources with LLHTTP_STRICT_MODE=1. LLHTTP_ROOT points at a folder
# with llhttp.h (in ., include, or include/llhttp) and llhttp.c, api.c, http.c (in ., src or llhttp).
find_path(Llhttp_INCLUDE_DIR llhttp.h HINTS ${LLHTTP_ROOT} $ENV{LLHTTP_ROOT} /usr/share
  PATH_SUFFIXES include/llhttp include .)
find_path(Llhttp_SOURCE_DIR llhttp.c HINTS ${LLHTTP_ROOT} $ENV{LLHTTP_ROOT} /usr/share
  PATH_SUFFIXES src llhttp .)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS Llhttp_SOURCE_DIR Llhttp_INCLUDE_DIR)
if(Llhttp_FOUND AND NOT TARGET Llhttp::llhttp)
  file(GLOB _llhttp_sources "${Llhttp_SOURCE_DIR}/*.c")
  add_library(gateway_llhttp STATIC ${_llhttp_sources})
  add_library(Llhttp::llhttp ALIAS gateway_llhttp)
  target_include_directories(gateway_llhttp SYSTEM PUBLIC "${Llhttp_INCLUDE_DIR}")
  target_compile_definitions(gateway_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
  target_compile_options(gateway_llhttp PRIVATE -O2 -w)
  set_target_properties(gateway_llhttp PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
endif()
mark_as_advanced(Llhttp_INCLUDE_DIR Llhttp_SOURCE_DIR)
