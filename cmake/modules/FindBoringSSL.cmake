# BoringSSL::ssl and BoringSSL::crypto. BORINGSSL_ROOT points at a folder with include/openssl and the
# libraries (in ., lib or build). Without it: built from the distribution's source package
# (GATEWAY_BORINGSSL=source, the default) or the packaged library (GATEWAY_BORINGSSL=package).
set(GATEWAY_BORINGSSL source CACHE STRING "Where BoringSSL comes from without BORINGSSL_ROOT: source or package")
set(_roots ${BORINGSSL_ROOT} $ENV{BORINGSSL_ROOT})
if(NOT _roots)
  if(GATEWAY_BORINGSSL STREQUAL "source")
    execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/../build-boringssl"
      OUTPUT_VARIABLE _roots OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  else()
    set(_roots /usr)
    set(_suffix android)
  endif()
endif()
find_path(BoringSSL_INCLUDE_DIR openssl/base.h HINTS ${_roots} PATH_SUFFIXES include/${_suffix} include NO_DEFAULT_PATH)
find_library(BoringSSL_SSL_LIBRARY ssl HINTS ${_roots}
  PATH_SUFFIXES . lib build lib/${CMAKE_LIBRARY_ARCHITECTURE}/${_suffix} NO_DEFAULT_PATH)
find_library(BoringSSL_CRYPTO_LIBRARY crypto HINTS ${_roots}
  PATH_SUFFIXES . lib build lib/${CMAKE_LIBRARY_ARCHITECTURE}/${_suffix} NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BoringSSL REQUIRED_VARS BoringSSL_SSL_LIBRARY BoringSSL_CRYPTO_LIBRARY BoringSSL_INCLUDE_DIR)
if(BoringSSL_FOUND AND NOT TARGET BoringSSL::ssl)
  find_package(Threads REQUIRED)
  foreach(_part CRYPTO SSL)
    string(TOLOWER ${_part} _name)
    add_library(BoringSSL::${_name} UNKNOWN IMPORTED)
    set_target_properties(BoringSSL::${_name} PROPERTIES IMPORTED_LOCATION "${BoringSSL_${_part}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${BoringSSL_INCLUDE_DIR}")
  endforeach()
  target_link_libraries(BoringSSL::crypto INTERFACE Threads::Threads)
  target_link_libraries(BoringSSL::ssl INTERFACE BoringSSL::crypto)
endif()
mark_as_advanced(BoringSSL_INCLUDE_DIR BoringSSL_SSL_LIBRARY BoringSSL_CRYPTO_LIBRARY)
