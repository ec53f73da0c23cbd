#include "prepare/glyphs/glyph_names.hpp"

#include <utility>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/apt_folder.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/glyphs/font_file.hpp"
#include "prepare/progress.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kUnicode = "unicode-data";

void check(const GlyphSpec& spec) {
  if (!(spec.noise >= 0 && spec.noise < 1)) {
    refuse("glyph-names --noise", "a share of at least 0 and below 1", spec.noise);
  }
}

Json requested(const GlyphNamesCommand& command) {
  const GlyphSpec& spec = command.spec;
  return {{"command", text("jest-data glyph-names --noise ", spec.noise, " --seed ", spec.seed)},
          {"version", command.version},
          {"noise", spec.noise},
          {"seed", spec.seed}};
}

/// The packages of fonts that apt knows here: a pool with a font less is as good, while the curated
/// set and the evaluation are what results are compared by.
std::vector<FontSource> available_fonts(const std::filesystem::path& folder) {
  const std::set<std::string> known = known_packages(folder);
  std::vector<FontSource> sources = font_sources();
  std::erase_if(sources, [&](const FontSource& source) {
    const bool missing = source.use == FontUse::kPool && !known.contains(source.package);
    if (missing) progress("no package ", source.package, "; going on without");
    return missing;
  });
  return sources;
}

bool is_font(const PackageFile& file) {
  const std::string ending = file.path.extension().string();
  return ending == ".ttf" || ending == ".otf" || ending == ".ttc" || ending == ".TTF";
}

UnicodeNames read_names(const DebPackage& package, const std::filesystem::path& folder) {
  const auto files = unpack(package, {{"./usr/share/unicode/UnicodeData.txt"}, {}}, folder);
  UnicodeNames names = read_unicode_names(read_file(files.at(0).path));
  progress("read ", names.names.size(), " names");
  return names;
}

struct Fonts {
  std::vector<FontSource> sources;
  std::vector<DebPackage> packages;  // of the sources, in their order
};

GlyphCollector render_all(const Fonts& fonts, const UnicodeNames& names,
                          const std::filesystem::path& folder) {
  GlyphCollector collector;
  for (std::size_t i = 0; i < fonts.sources.size(); ++i) {
    const FontSource& source = fonts.sources[i];
    const auto unpacked = folder / source.package;
    std::size_t files = 0, glyphs = 0;
    for (const PackageFile& file : unpack(fonts.packages[i], {{"./usr/share/*"}, {}}, unpacked)) {
      if (!is_font(file)) continue;
      std::vector<DrawnGlyph> drawn = render_font(file.path);
      ++files;
      glyphs += drawn.size();
      collector.add(source.use, {source.tag, file.name}, std::move(drawn), names);
    }
    std::filesystem::remove_all(unpacked);
    progress("rendered ", glyphs, " glyphs of ", files, " files of ", source.package);
  }
  return collector;
}

Json prepare(const PreparedFolder& folder, const GlyphSpec& spec, Json request) {
  const TemporaryFolder private_folder;
  const auto& apt = private_folder.path();
  progress("fetching apt's indexes, about 50 MB");
  const ChildOutput output = update_apt(apt, {.languages = {}, .packages = true});
  if (!known_packages(apt).contains(kUnicode)) {
    refuse("apt-get update", text("a package ", kUnicode), first_error(output));
  }
  Fonts fonts{available_fonts(apt), {}};
  std::vector<std::string> package_names = {kUnicode};
  for (const FontSource& source : fonts.sources) package_names.push_back(source.package);
  progress("fetching ", package_names.size(), " packages, about 110 MB");
  const std::vector<DebPackage> packages = fetch_packages(apt, package_names);
  fonts.packages.assign(packages.begin() + 1, packages.end());
  const UnicodeNames names = read_names(packages[0], apt / "unicode");
  GlyphSplit split = render_all(fonts, names, apt / "fonts").split(spec);
  progress("writing the tables");
  request["packages"] = describe_packages(packages);
  return write_glyph_names(folder, std::move(split), names, std::move(request));
}

}  // namespace

PreparedFolder glyph_names_folder(const std::filesystem::path& path) {
  return {"glyph-names",
          path,
          {"curated.safetensors", "pool.safetensors", "eval-seen.safetensors",
           "eval-unseen.safetensors"},
          {"names.txt"}};
}

nlohmann::ordered_json write_glyph_names(const PreparedFolder& folder, GlyphSplit split,
                                         const UnicodeNames& names,
                                         nlohmann::ordered_json description) {
  std::vector<ImageRows> tables;
  for (ImageRows* rows : {&split.curated, &split.pool, &split.eval_seen, &split.eval_unseen}) {
    tables.push_back(std::move(*rows));
  }
  return write_image_folder(folder, names.names, std::move(tables), std::move(description));
}

void prepare_glyph_names(const GlyphNamesCommand& command) {
  check(command.spec);
  const PreparedFolder folder = glyph_names_folder(command.out);
  fill_once(folder, requested(command),
            [&](Json request) { return prepare(folder, command.spec, std::move(request)); });
}

}  // namespace jest::studies
