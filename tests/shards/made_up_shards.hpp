#pragma once
// Pictures and shards, made up.

#include <archive.h>
#include <archive_entry.h>
#include <spng.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jest/data/shards.hpp"

namespace jest::oracle {

/// [height, width, channels] of a colour for each place.
struct Drawing {
  int width = 0, height = 0, channels = 3;
  std::vector<std::uint8_t> bytes = {};

  template <class Colour>
  Drawing(int given_width, int given_height, int given_channels, const Colour& colour)
      : width(given_width), height(given_height), channels(given_channels) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          bytes.push_back(static_cast<std::uint8_t>(colour(x, y, c)));
        }
      }
    }
  }
};

inline std::string png(const Drawing& drawing) {
  spng_ctx* encoder = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(encoder, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(drawing.width);
  header.height = static_cast<std::uint32_t>(drawing.height);
  header.bit_depth = 8;
  const std::uint8_t types[] = {0, SPNG_COLOR_TYPE_GRAYSCALE, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA,
                                SPNG_COLOR_TYPE_TRUECOLOR, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  header.color_type = types[drawing.channels];
  spng_set_ihdr(encoder, &header);
  spng_encode_image(encoder, drawing.bytes.data(), drawing.bytes.size(), SPNG_FMT_PNG,
                    SPNG_ENCODE_FINALIZE);
  std::size_t size = 0;
  int failure = 0;
  void* data = spng_get_png_buffer(encoder, &size, &failure);
  std::string file(static_cast<const char*>(data), size);
  std::free(data);
  spng_ctx_free(encoder);
  return file;
}

inline std::string jpeg(const Drawing& drawing, int quality = 95) {
  tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const bool grey = drawing.channels == 1, inks = drawing.channels == 4;
  tjCompress2(encoder, drawing.bytes.data(), drawing.width, 0, drawing.height,
              grey   ? TJPF_GRAY
              : inks ? TJPF_CMYK
                     : TJPF_RGB,
              &data, &size, grey ? TJSAMP_GRAY : TJSAMP_444, quality, TJFLAG_ACCURATEDCT);
  std::string file(reinterpret_cast<const char*>(data), size);
  tjFree(data);
  tjDestroy(encoder);
  return file;
}

inline std::string webp(const Drawing& drawing) {
  std::uint8_t* data = nullptr;
  const bool alpha = drawing.channels == 4;
  const std::size_t size = alpha ? WebPEncodeLosslessRGBA(drawing.bytes.data(), drawing.width,
                                                          drawing.height, 4 * drawing.width, &data)
                                 : WebPEncodeLosslessRGB(drawing.bytes.data(), drawing.width,
                                                         drawing.height, 3 * drawing.width, &data);
  std::string file(reinterpret_cast<const char*>(data), size);
  WebPFree(data);
  return file;
}

using Members = std::vector<std::pair<std::string, std::string>>;  ///< name, content

inline std::string tar(const std::filesystem::path& path, const Members& members,
                       int format = ARCHIVE_FORMAT_TAR_USTAR) {
  archive* out = archive_write_new();
  archive_write_set_format(out, format);
  archive_write_open_filename(out, path.c_str());
  for (const auto& [name, content] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(out, entry);
    archive_write_data(out, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  return path;
}

/// A plain picture; no two numbers below 4096 have the same one.
inline std::string plain(int number, int side = 4) {
  return png({side, side, 3, [&](int, int, int c) { return number >> 4 * c & 15; }});
}

/// Samples 000 to count − 1: plain(k) and "caption k".
inline Members plain_samples(int count, int first = 0) {
  Members members;
  for (int k = first; k < first + count; ++k) {
    std::string key = std::to_string(k);
    key.insert(0, 3 - std::min<std::size_t>(3, key.size()), '0');
    members.emplace_back(key + ".png", plain(k));
    members.emplace_back(key + ".txt", "caption " + std::to_string(k) + "\n");
  }
  return members;
}

inline std::vector<std::uint8_t> decoded(const std::string& file, const PictureSpec& spec) {
  std::vector<std::uint8_t> out(3 * spec.side * spec.side);
  decode_picture(std::as_bytes(std::span(file)), spec, out);
  return out;
}

}  // namespace jest::oracle
