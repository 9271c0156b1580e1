#include "engine/import/sorted_table.h"

#include <gtest/gtest.h>

#include "engine/import/table_builder.h"

namespace rivulet {
namespace {

Result<SortedTable> Read(const std::string& bytes, const Limits& limits = {}) {
  return SortedTable::Read({AsBytes(bytes), nullptr, false}, limits);
}

// "key=value ..." of all entries, or the error.
std::string Text(const std::string& bytes, const Limits& limits = {}) {
  auto table = Read(bytes, limits);
  if (!table.ok()) return table.status().ToString();
  std::string out;
  for (const SortedTable::Entry& entry : table->entries()) {
    out += Cat(out.empty() ? "" : " ", entry.key, "=", std::string(entry.value.begin(), entry.value.end()));
  }
  return out;
}

const Pairs kThree = {{"", "header"}, {"apple", "1"}, {"apply", "2"}};

TEST(SortedTable, ReadsEntries) {
  EXPECT_EQ(Text(TableOf(kThree)), "=header apple=1 apply=2");
  EXPECT_EQ(Text(TableOf(std::vector<RawBlock>{{"apple", BlockOf({{"apple", "1"}})},
                                               {"b", BlockOf({{"apply", "2"}, {"b", ""}})}})),
            "apple=1 apply=2 b=");
  EXPECT_EQ(Text(TableOf(std::vector<RawBlock>{})), "");
  const std::string bytes = TableOf(kThree);
  auto table = Read(bytes);
  ASSERT_TRUE(table.ok());
  ASSERT_NE(table->Find("apply"), nullptr);
  EXPECT_EQ(table->Find("apply")->value.size(), 1u);
  EXPECT_EQ(table->Find("appl"), nullptr);
  EXPECT_EQ(table->Find("z"), nullptr);
}

TEST(SortedTable, ReadsManyKeys) {
  Pairs entries;
  for (int i = 0; i < 5000; ++i) entries.emplace_back(Cat("layer/", 10000 + i, "/kernel"), Cat(i));
  const std::string bytes = TableOf(entries);
  auto table = Read(bytes);
  ASSERT_TRUE(table.ok());
  ASSERT_EQ(table->entries().size(), 5000u);
  for (int i = 0; i < 5000; i += 777) {
    const SortedTable::Entry* entry = table->Find(Cat("layer/", 10000 + i, "/kernel"));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(std::string(entry->value.begin(), entry->value.end()), Cat(i));
  }
}

TEST(SortedTable, SnappyBlocks) {
  const std::string plain = BlockOf(kThree);
  std::string compressed;
  PutVarint(plain.size(), &compressed);
  compressed += static_cast<char>((plain.size() - 1) << 2);  // one literal
  compressed += plain;
  ASSERT_LT(plain.size(), 60u);
  EXPECT_EQ(Text(TableOf(std::vector<RawBlock>{{"apply", compressed, 1}})), "=header apple=1 apply=2");
  EXPECT_TRUE(Text(TableOf(std::vector<RawBlock>{{"apply", compressed.substr(1), 1}})).starts_with("DATA_LOSS"));
}

// zlib's "stored" form needs no compressor: a header, one block of plain bytes, Adler-32.
TEST(SortedTable, ZlibBlocks) {
  const std::string plain = BlockOf(kThree);
  uint32_t a = 1, b = 0;
  for (const char c : plain) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  std::string stream = "\x78\x01\x01" + Little(plain.size(), 2) + Little(~plain.size(), 2) + plain;
  for (int shift = 24; shift >= 0; shift -= 8) stream += static_cast<char>(((b << 16) | a) >> shift);
  const std::string text = Text(TableOf(std::vector<RawBlock>{{"apply", stream, 2}}));
  if (text.starts_with("UNIMPLEMENTED")) GTEST_SKIP() << "this build has no zlib";
  EXPECT_EQ(text, "=header apple=1 apply=2");
  stream[9] ^= 1;
  EXPECT_TRUE(Text(TableOf(std::vector<RawBlock>{{"apply", stream, 2}})).starts_with("DATA_LOSS"));
  EXPECT_TRUE(Text(TableOf(std::vector<RawBlock>{{"apply", stream.substr(0, 20), 2}})).starts_with("DATA_LOSS"));
}

TEST(SortedTable, EveryCutAndEveryFlippedBitIsFound) {
  const std::string whole = TableOf(kThree);
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_TRUE(Text(whole.substr(0, cut)).starts_with("DATA_LOSS")) << cut;
  }
  int unseen = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const std::string text = Text(flipped);
    if (text == "=header apple=1 apply=2") {
      ++unseen;
    } else {
      EXPECT_TRUE(text.starts_with("DATA_LOSS")) << text;
    }
  }
  // The footer's padding, the unread meta index (block of 8 bytes and its trailer) and its handle.
  EXPECT_LE(unseen, (40 + 13) * 8);
}

TEST(SortedTable, SaysWhatIsBroken) {
  const auto table = [](const std::string& block, char compression = 0) {
    return Text(TableOf(std::vector<RawBlock>{{"z", block, compression}}));
  };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(Text("short"), "does not end as one"));
  EXPECT_TRUE(has(table(BlockOf({{"b", ""}, {"a", ""}})), "keys must rise"));
  EXPECT_TRUE(has(table(BlockOf({{"b", ""}, {"b", ""}})), "keys must rise"));
  EXPECT_TRUE(has(table("\x05"), "a block of 1 bytes"));
  EXPECT_TRUE(has(table(Little(1000, 4)), "1000 restarts"));
  EXPECT_TRUE(has(table("\x05\x01\x01"
                        "ab" +
                        Little(0, 4)),
                  "entry 0 is broken"));  // shares with nothing
  EXPECT_TRUE(has(table(std::string("\0\x7f\1"
                                    "ab",
                                    5) +
                        Little(0, 4)),
                  "entry 0 is broken"));  // key past the end
  EXPECT_TRUE(has(table(std::string("\0\1\x7f"
                                    "ab",
                                    5) +
                        Little(0, 4)),
                  "entry 0 is broken"));
  EXPECT_TRUE(has(table(BlockOf(kThree), 7), "compression 7"));
  // The same block twice: keys do not rise, and offsets neither.
  std::string handle;
  PutVarint(0, &handle);
  PutVarint(BlockOf({}).size(), &handle);
  std::string out = Sealed(BlockOf({}));
  const std::string index = BlockOf({{"a", handle}, {"b", handle}}, 1);
  std::string footer;
  PutVarint(0, &footer);
  PutVarint(0, &footer);
  PutVarint(out.size(), &footer);
  PutVarint(index.size(), &footer);
  footer.resize(40, '\0');
  EXPECT_TRUE(
      has(Text(out + Sealed(index) + footer + "\x57\xfb\x80\x8b\x24\x75\x47\xdb"), "where the block before ends"));
}

// Keys that grow by one byte each need the square of the file's size: the limit ends it.
TEST(SortedTable, LongSharedKeysStayWithinTheLimit) {
  Pairs entries;
  for (int i = 0; i < 3000; ++i) entries.emplace_back(std::string(static_cast<size_t>(i) + 1, 'k'), "");
  Limits limits;
  limits.index_bytes = 1 << 20;
  const std::string bytes = TableOf(std::vector<RawBlock>{{entries.back().first, BlockOf(entries, entries.size())}});
  EXPECT_LT(bytes.size(), 30000u);
  EXPECT_TRUE(Text(bytes, limits).starts_with("RESOURCE_EXHAUSTED")) << Text(bytes, limits);
  EXPECT_TRUE(Read(bytes).ok());
}

}  // namespace
}  // namespace rivulet
