# The decoders and the reader of archives that jest::shards links. Debian: libarchive-dev,
# libspng-dev, libturbojpeg0-dev, libwebp-dev.
set(JEST_SHARD_LIBRARIES "")
foreach(library archive spng turbojpeg webp)
  find_library(JEST_${library}_LIBRARY ${library})
  mark_as_advanced(JEST_${library}_LIBRARY)
  if(NOT JEST_${library}_LIBRARY)
    message(FATAL_ERROR "JEST_SHARDS: expected lib${library} (Debian: libarchive-dev, libspng-dev, "
      "libturbojpeg0-dev, libwebp-dev), got none; JEST_SHARDS=OFF does without")
  endif()
  list(APPEND JEST_SHARD_LIBRARIES "${JEST_${library}_LIBRARY}")
endforeach()
