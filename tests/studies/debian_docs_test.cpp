#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "prepare/child_process.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/docs/debian_docs.hpp"
#include "prepare/docs/doc_copies.hpp"
#include "prepare/docs/doc_reading.hpp"
#include "prepare/docs/doc_rows.hpp"
#include "prepare/docs/doc_sources.hpp"
#include "prepare/docs/doc_split.hpp"
#include "prepare/docs/html_prose.hpp"
#include "prepare/docs/pod_prose.hpp"
#include "prepare/gzip_file.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string padded(const std::string& begin) {
  return begin + std::string(kChunkBytes - begin.size(), '.');
}

/// An offer of `count` rows, the first `shared` of which have bytes that every offer has.
DocOffer offer(const std::string& tag, DocTable table, int count, int shared) {
  DocOffer made{{}, table, 30};
  for (int i = 0; i < count; ++i) {
    const std::string bytes = padded(i < shared ? text("shared ", i) : text(tag, ' ', i));
    made.rows = add_chunks(std::move(made.rows), {tag, text("file", i)}, bytes);
  }
  return made;
}

std::vector<DocOffer> offers() {
  return {offer("pool", DocTable::kPool, 80, 20), offer("curated", DocTable::kCurated, 70, 20),
          offer("postgresql", DocTable::kEvalPostgresql, 60, 60),
          offer("git", DocTable::kEvalGit, 50, 20), offer("other", DocTable::kPool, 10, 5)};
}

std::set<std::string> contents(const DocRows& rows) {
  std::set<std::string> bytes;
  for (const DocRow& row : rows) bytes.insert(row.bytes);
  return bytes;
}

std::vector<std::int64_t> ids(const DocRows& rows) {
  std::vector<std::int64_t> list;
  for (const DocRow& row : rows) list.push_back(row.id);
  return list;
}

TEST(NearCopies, StandInThePlaceOfProseAlone) {
  DocRows rows;
  for (const char* tag : {"linux", "perl", "rust", "troff"}) {
    for (int k = 0; k < 50; ++k) {
      std::string bytes = text(tag, ' ', k, ' ');
      while (bytes.size() < kChunkBytes)
        bytes += static_cast<char>('a' + (bytes.size() * (k + 3)) % 26);
      rows = add_chunks(std::move(rows), {tag, text("file", k)}, bytes);
    }
  }
  const DocRows copies = with_near_copies(rows, 7, 1);
  ASSERT_EQ(copies.size(), rows.size());
  EXPECT_EQ(ids(copies), ids(rows));
  std::set<std::string> nearest;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    EXPECT_EQ(copies[k].tag, rows[k].tag);
    if (rows[k].tag == "troff") {
      EXPECT_EQ(copies[k].bytes, rows[k].bytes);
      continue;
    }
    const auto changed = [&](const DocRow& row) {
      std::size_t count = 0;
      for (std::size_t i = 0; i < kChunkBytes; ++i) count += row.bytes[i] != copies[k].bytes[i];
      return count;
    };
    const auto original = std::ranges::min_element(rows, {}, changed);
    EXPECT_LE(changed(*original), 3U);
    nearest.insert(original->bytes);
  }
  EXPECT_LE(nearest.size(), 7U);
  EXPECT_GT(nearest.size(), 3U);
  EXPECT_EQ(contents(with_near_copies(rows, 7, 1)), contents(copies));
  EXPECT_NE(contents(with_near_copies(rows, 7, 2)), contents(copies));
  EXPECT_THROW(with_near_copies(rows, 151, 1), Error);
  EXPECT_THROW(with_near_copies(rows, 0, 1), Error);
}

TEST(HtmlProse, KeepsWhatAPersonReads) {
  const std::string page =
      "<html><head><title>t</title><style>s</style></head><body><nav>menu</nav>"
      "<div class='navheader x'>up</div><p>One &amp;\n  "
      "<b>two</b>&nbsp;three.</p><script>js</script>"
      "<ul><li>item<a class='headerlink' href='#'>P</a></li></ul><div role='navigation'>r</div>"
      "<pre>a  b\n  c</pre><div id='footer'>f</div></body></html>";
  EXPECT_EQ(html_prose(page), "One & two three.\nitem\na  b\n  c\n");
}

TEST(HtmlProse, TakesTheMainPartWhereOneIsMarked) {
  EXPECT_EQ(html_prose("<body><p>around</p><main><p>within</p></main></body>"), "within\n");
  EXPECT_EQ(html_prose("<body>around<div role=main>within</div></body>"), "within\n");
}

TEST(HtmlProse, MendsWhatIsBroken) {
  EXPECT_EQ(html_prose("<p>a<p><b>b</i></div> < c"), "a\nb < c\n");
  EXPECT_EQ(html_prose(""), "");
}

TEST(PodProse, ShowsTextWithoutCommandsAndCodes) {
  const std::string pod =
      "=head1 NAME\n\nperl - a B<good\nI<language>> E<lt>L<see that|perlfoo>X<entry>\n\n"
      "=over 4\n\n=item C<< $a <=> $b >>\n\n=for html <hr>\n\n=begin html\n\n<b>\n\n=end html\n\n"
      "    code  here\n    more\n\n=cut\n";
  EXPECT_EQ(pod_prose(pod),
            "NAME\nperl - a good language <see that\n$a <=> $b\n    code  here\n    more\n");
}

TEST(DocRows, ArePiecesOfEqualLengthWithTheRestDropped) {
  const std::string first(kChunkBytes, 'a'), second(kChunkBytes, 'b');
  const DocRows rows = add_chunks({}, {"tag", "file"}, first + second + "rest");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].bytes, first);
  EXPECT_EQ(rows[1].bytes, second);
  EXPECT_NE(rows[0].id, rows[1].id);
  EXPECT_EQ(rows[1].id, add_chunks({}, {"tag", "file"}, first + second)[1].id);
  EXPECT_NE(rows[0].id, add_chunks({}, {"tag", "other"}, first)[0].id);
  EXPECT_THAT(add_chunks({}, {"tag", "file"}, "short"), IsEmpty());
}

TEST(DocRows, LicenceIsOneSentenceInRowsOfDifferentIds) {
  const DocRows rows = in_order_of_id(licence_rows(50));
  ASSERT_THAT(rows, SizeIs(50));
  EXPECT_THAT(contents(rows), SizeIs(1));
  EXPECT_THAT(std::set<std::int64_t>({rows[0].id, rows[49].id}), SizeIs(2));
}

TEST(DocSplit, NothingOutsideEvaluationHasItsBytes) {
  const std::vector<DocRows> tables = split_docs(offers(), 1);
  std::set<std::string> evaluation;
  std::size_t rows = 0;
  for (const DocTable table : {DocTable::kEvalPostgresql, DocTable::kEvalGit}) {
    const DocRows& part = tables[static_cast<std::size_t>(table)];
    evaluation.merge(contents(part));
    rows += part.size();
  }
  EXPECT_EQ(evaluation.size(), rows);  // none twice
  for (const DocTable table : {DocTable::kCurated, DocTable::kPool}) {
    for (const DocRow& row : tables[static_cast<std::size_t>(table)]) {
      EXPECT_FALSE(evaluation.contains(row.bytes)) << row.bytes;
    }
  }
}

TEST(DocSplit, CapsEveryOfferAndIsInOrderOfId) {
  const std::vector<DocRows> tables = split_docs(offers(), 1);
  std::map<std::string, int> tags;
  for (const DocRows& rows : tables) {
    EXPECT_TRUE(std::ranges::is_sorted(ids(rows)));
    for (const DocRow& row : rows) ++tags[row.tag];
  }
  EXPECT_EQ(tags["pool"], 30);
  EXPECT_EQ(tags["curated"], 30);
  EXPECT_EQ(tags["postgresql"], 30);
  EXPECT_EQ(tags["git"], 30);
}

TEST(DocSplit, IsAPureFunctionOfRowsAndSeed) {
  std::vector<DocOffer> backwards = offers();
  for (DocOffer& offer : backwards) std::ranges::reverse(offer.rows);
  const auto one = split_docs(offers(), 1), two = split_docs(backwards, 1);
  const auto other = split_docs(offers(), 2);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(ids(one[i]), ids(two[i]));
  EXPECT_NE(ids(one[0]), ids(other[0]));
  EXPECT_NE(ids(one[1]), ids(other[1]));
  EXPECT_EQ(ids(one[2]), ids(other[2]));  // held out for every seed
  EXPECT_EQ(ids(one[3]), ids(other[3]));
}

TEST(DocSources, NoPackageIsOnBothSidesAndTheDomainHasItsShare) {
  std::map<std::string, std::set<DocTable>> tables;
  std::size_t pool = kLicenceRows + kDescriptionLanguages.size() * kDescriptionRows, domain = 0;
  for (const DocSource& source : doc_sources()) {
    tables[source.package].insert(source.table);
    if (source.table != DocTable::kPool) continue;
    pool += source.most_rows;
    domain += source.form == DocForm::kRaw ? 0 : source.most_rows;
  }
  for (const auto& [package, in] : tables) EXPECT_THAT(in, SizeIs(1)) << package;
  EXPECT_EQ(pool, 232'000u);
  EXPECT_EQ(domain * 100, pool * 15);
}

TEST(DocReading, UnpacksWhatAPatternNamesAndDecompresses) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  std::filesystem::create_directories(folder.path() / "made/DEBIAN");
  write_file(folder.path() / "made/DEBIAN/control",
             "Package: made\nVersion: 1:2\nArchitecture: all\nMaintainer: a <a@b>\n"
             "Description: d\n");
  std::filesystem::create_directories(folder.path() / "made/usr/doc");
  for (const char* name : {"b.txt", "a.txt", "c.html"}) {
    write_file(folder.path() / "made/usr/doc" / name, padded(name));
  }
  ASSERT_EQ(run_child({"gzip", root + "/made/usr/doc/b.txt"}).exit_status, 0);
  const auto deb = folder.path() / "made_1%3a2_all.deb";
  const auto built = run_child({"dpkg-deb", "--build", root + "/made", deb.string()});
  ASSERT_EQ(built.exit_status, 0) << built.text;

  const DebPackage package{"made", "1:2", deb};
  const DocSource source{"tag", "made", {{"./usr/*.txt*"}, {}}};
  const DocRows rows = read_source(source, package, folder.path() / "unpacked");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0].bytes, HasSubstr("a.txt"));
  EXPECT_THAT(rows[1].bytes, HasSubstr("b.txt"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "unpacked"));
  EXPECT_THROW(unpack(package, {{"./usr/*.pdf"}, {}}, folder.path() / "none"), Error);
}

TEST(GzipFile, CutShortIsRefused) {
  const TemporaryFolder folder;
  write_file(folder.path() / "a.txt", padded("a.txt"));
  ASSERT_EQ(run_child({"gzip", (folder.path() / "a.txt").string()}).exit_status, 0);
  const auto path = folder.path() / "a.txt.gz";
  EXPECT_EQ(read_decompressed(path), padded("a.txt"));
  const std::string whole = read_file(path);
  for (std::size_t length = 2; length < whole.size(); ++length) {  // less is no gzip's beginning
    write_file(path, whole.substr(0, length));
    EXPECT_THROW(read_decompressed(path), Error) << length;
  }
}

TEST(DebianDocs, TablesAreReadBackAsTheyWereWritten) {
  const TemporaryFolder out;
  const PreparedFolder folder = debian_docs_folder(out.path());
  const std::vector<DocRows> tables = split_docs(offers(), 0);
  const auto manifest = write_debian_docs(folder, tables, {{"seed", 0}});
  EXPECT_EQ(manifest.at("files").at("curated.safetensors").at("rows"), 30);
  EXPECT_TRUE(tables_match(folder, manifest));

  SafetensorsFile pool(out.path() / "pool.safetensors");
  const DocRows& rows = tables[1];
  const auto count = static_cast<std::int64_t>(rows.size());
  EXPECT_EQ(pool.metadata().at("tag_names"), "[\"other\",\"pool\"]");
  const ArrayView& bytes = pool.array("bytes", "U8", 2);
  EXPECT_THAT(bytes.shape, ElementsAre(count, 160));
  EXPECT_EQ(reinterpret_cast<const char*>(bytes.bytes.data())[160], rows[1].bytes[0]);
  const auto* tags =
      reinterpret_cast<const std::int32_t*>(pool.array("tags", "I32", 1).bytes.data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(pool.integers("ids", 1)[i], rows[i].id);
    EXPECT_EQ(tags[i], rows[i].tag == "other" ? 0 : 1);
  }
}

TEST(DebianDocs, RefusesEmptyTablesAndForeignFolders) {
  const TemporaryFolder out;
  const std::vector<DocRows> empty(4);
  EXPECT_THROW(write_debian_docs(debian_docs_folder(out.path()), empty, {}), Error);
  write_file(out.path() / "letter.txt", "a file of the user's");
  EXPECT_THROW(prepare_debian_docs({out.path(), 0, "1.0"}), Error);
  EXPECT_THROW(prepare_debian_docs({"/proc/nowhere", 0, "1.0"}), Error);
}

}  // namespace
}  // namespace jest::studies
