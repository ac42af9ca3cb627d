# RapidJSON::rapidjson (headers only). RAPIDJSON_ROOT points at a folder with include/rapidjson.
find_path(RapidJSON_INCLUDE_DIR rapidjson/document.h HINTS ${RAPIDJSON_ROOT} $ENV{RAPIDJSON_ROOT} PATH_SUFFIXES include)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RapidJSON REQUIRED_VARS RapidJSON_INCLUDE_DIR)
if(RapidJSON_FOUND AND NOT TARGET RapidJSON::rapidjson)
  add_library(RapidJSON::rapidjson INTERFACE IMPORTED)
  set_target_properties(RapidJSON::rapidjson PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${RapidJSON_INCLUDE_DIR}")
endif()
mark_as_advanced(RapidJSON_INCLUDE_DIR)
