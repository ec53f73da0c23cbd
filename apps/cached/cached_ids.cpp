#include "cached/cached_ids.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "jest/core/error.hpp"

namespace jest::apps::cached {
namespace {

constexpr std::size_t kDigits = 32;

[[noreturn]] void refuse_array(const FileArray& each, const std::string& came) {
  refuse("read " + each.file->path().string(),
         "ids I64 [rows], U64 [rows, 2] (u8,u8) or 32 hexadecimal digits a row", came);
}

bool is_shaped(const ArrayView& array, const char* dtype, std::int64_t width) {
  const bool fits = array.shape.size() == (width == 1 ? 1U : 2U);
  return fits && array.dtype == dtype && (width == 1 || array.shape[1] == width);
}

Uid uid_of_digits(const FileArray& each, std::string_view digits) {
  Uid uid{};
  for (std::size_t half = 0; half < 2; ++half) {
    const char* begin = digits.data() + 16 * half;
    const auto [end, error] = std::from_chars(begin, begin + 16, uid[half], 16);
    if (error != std::errc() || end != begin + 16) refuse_array(each, text("'", digits, "'"));
  }
  return uid;
}

void add_numbers(const FileArray& each, CachedIds& ids) {
  const std::size_t before = ids.ids.size();
  ids.ids.resize(before + static_cast<std::size_t>(each.array->elements()));
  std::memcpy(ids.ids.data() + before, each.array->bytes.data(), each.array->bytes.size());
}

void add_uid(const Uid& uid, CachedIds& ids) {
  ids.uids.push_back(uid);
  ids.ids.push_back(hash_id(digits_of(uid)));
}

void add_uids(const FileArray& each, CachedIds& ids) {
  const std::byte* at = each.array->bytes.data();
  const bool words = each.array->dtype == "U64";
  const std::size_t stride = words ? sizeof(Uid) : kDigits;
  for (std::int64_t row = 0; row < each.array->shape[0]; ++row, at += stride) {
    Uid uid{};
    if (words) {
      std::memcpy(uid.data(), at, sizeof uid);
    } else {
      uid = uid_of_digits(each, {reinterpret_cast<const char*>(at), kDigits});
    }
    add_uid(uid, ids);
  }
}

}  // namespace

std::string digits_of(const Uid& uid) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(uid[0]),
                static_cast<unsigned long long>(uid[1]));
  return digits;
}

CachedIds cached_ids(const std::vector<FileArray>& arrays) {
  CachedIds ids;
  for (const FileArray& each : arrays) {
    const bool numbers = is_shaped(*each.array, "I64", 1);
    const bool uids = is_shaped(*each.array, "U64", 2) ||
                      is_shaped(*each.array, "U8", static_cast<std::int64_t>(kDigits));
    if (!numbers && !uids) refuse_array(each, describe(*each.array));
    if (numbers != is_shaped(*arrays.front().array, "I64", 1)) {
      refuse_array(each, "another kind than in the file before: " + describe(*each.array));
    }
    numbers ? add_numbers(each, ids) : add_uids(each, ids);
  }
  return ids;
}

}  // namespace jest::apps::cached
