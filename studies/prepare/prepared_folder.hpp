#pragma once
// The folder that a command fills: its tables, and the manifest that says what they were made from.
// The manifest is written last; without one, the folder counts as unfinished.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace jest::studies {

struct PreparedFolder {
  std::string command;  // "translations", for messages
  std::filesystem::path path;
  // In the order of the summary; "pool/perl.bin" is what a table pool has of the tag perl.
  std::vector<std::string> tables;
  std::vector<std::string> others = {};  // files of the command's own that hold no rows
  std::string counted = "rows";          // what the manifest says of a table, and the summary
};

/// Makes the folder, so that a place that cannot be written is told before any work.
void make_folder(const PreparedFolder& folder);

/// The manifest that is there, or none where the folder is empty or holds only files that an
/// interrupted run left. `request` is the part of a manifest that says how the data were asked for.
/// Refuses a folder with anything else in it, or with data that were asked for in another way.
std::optional<nlohmann::ordered_json> existing_manifest(const PreparedFolder& folder,
                                                        const nlohmann::ordered_json& request);

/// Whether all files are there with the checksums that the manifest gives.
bool tables_match(const PreparedFolder& folder, const nlohmann::ordered_json& manifest);

/// How many rows a table has of every tag.
using TagCounts = std::map<std::string, std::size_t>;

/// A table's entry under "files": its counts and its checksum.
nlohmann::ordered_json describe_table(const std::filesystem::path& path, const TagCounts& counts);

/// Before tables are written over.
void remove_manifest(const PreparedFolder& folder);

void write_manifest(const PreparedFolder& folder, const nlohmann::ordered_json& manifest);

/// What a command does: leaves alone what is there already, asked for in the same way and whole;
/// else lets `prepare` make it from the request. Ends with the summary of the manifest.
void fill_once(
    const PreparedFolder& folder, const nlohmann::ordered_json& request,
    const std::function<nlohmann::ordered_json(nlohmann::ordered_json request)>& prepare);

/// On standard output: how much each table has, by tag and in all.
void print_summary(const PreparedFolder& folder, const nlohmann::ordered_json& manifest);

}  // namespace jest::studies
