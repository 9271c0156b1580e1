#include "engine/ops/reader_object.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/base/crc32c.h"
#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

using Kind = ReaderForm::Kind;

std::string Number(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

std::string Masked(const std::string& text) {
  return Number(MaskCrc32c(Crc32c({reinterpret_cast<const uint8_t*>(text.data()), text.size()})), 4);
}

std::string TFRecord(const std::string& text) {
  const std::string length = Number(text.size(), 8);
  return length + Masked(length) + text + Masked(text);
}

// A reader, the files, and a queue that names them and is closed behind.
class Reading {
 public:
  Reading(const ReaderForm& form, std::map<std::string, std::string> files, const std::vector<std::string>& names)
      : reader_(form), files_(std::move(files)) {
    queue_ = MakeFifoQueue({.type = "FIFOQueue", .name = "q", .elements = {{DType::kString}, {}}});
    for (const std::string& name : names) {
      EXPECT_TRUE(queue_->Enqueue({Strings({}, {name.c_str()})}, *allocator_, stop_).ok());
    }
    EXPECT_TRUE(queue_->Close(false, stop_).ok());
  }

  // "key=value,key=value" of a read, or its error's code.
  std::string Read(int64_t count = 1) {
    TextBytes charged(*allocator_);
    std::vector<Reader::Text> records;
    const Status status = reader_.Read(count, {*queue_, &files_, *allocator_, stop_, &charged}, &records);
    message_ = std::string(status.message());
    if (!status.ok()) return std::string(CodeName(status.code()));
    std::string text;
    for (const auto& [key, value] : records) text += Cat(text.empty() ? "" : ",", key, "=", value);
    return text;
  }
  // "records/files" so far.
  std::string Counts() const { return Cat(reader_.records_produced(), "/", reader_.files_completed()); }

  Reader reader_;
  FilesInMemory files_;
  std::shared_ptr<Queue> queue_;
  std::shared_ptr<Allocator> allocator_ = Allocator::Create();
  StopToken stop_;
  std::string message_;
};

const std::map<std::string, std::string> kTexts = {{"a", "one\r\ntw\ro\n\nthree"}, {"e", ""}, {"b", "x\ny\n"}};

// What follows is TensorFlow 2.21's.
TEST(Reader, Lines) {
  Reading lines({.kind = Kind::kTextLines}, kTexts, {"a", "e", "b"});
  EXPECT_EQ(lines.Read(), "a:1=one");
  EXPECT_EQ(lines.Read(), "a:2=tw\ro");
  EXPECT_EQ(lines.Read(), "a:3=");
  EXPECT_EQ(lines.Read(), "a:4=three");
  EXPECT_EQ(lines.Counts(), "4/0");
  EXPECT_EQ(lines.Read(), "b:1=x");
  EXPECT_EQ(lines.Counts(), "5/2");
  EXPECT_EQ(lines.Read(), "b:2=y");
  EXPECT_EQ(lines.Read(), "OUT_OF_RANGE");
  EXPECT_EQ(lines.Counts(), "6/3");
}

TEST(Reader, SeveralLinesOfOneFile) {
  Reading lines({.kind = Kind::kTextLines}, kTexts, {"a", "e", "b"});
  EXPECT_EQ(lines.Read(3), "a:1=one,a:2=tw\ro,a:3=");
  EXPECT_EQ(lines.Read(3), "a:4=three");
  EXPECT_EQ(lines.Counts(), "4/1");
  EXPECT_EQ(lines.Read(0), "");
  EXPECT_EQ(lines.Read(3), "b:1=x,b:2=y");
  EXPECT_EQ(lines.Counts(), "6/3");
}

TEST(Reader, LinesBehindAHeader) {
  Reading two({.kind = Kind::kTextLines, .skip_header_lines = 2}, kTexts, {"a", "b"});
  EXPECT_EQ(two.Read(9), "a:3=,a:4=three");
  EXPECT_EQ(two.Read(9), "OUT_OF_RANGE");
  EXPECT_EQ(two.Counts(), "2/2");
}

TEST(Reader, WholeFilesAndNames) {
  Reading whole({.kind = Kind::kWholeFile}, kTexts, {"b", "e"});
  EXPECT_EQ(whole.Read(5), "b=x\ny\n");
  EXPECT_EQ(whole.Counts(), "1/1");
  EXPECT_EQ(*whole.reader_.State(),
            "\x08\x01\x10\x01\x18\x01\x22\x01"
            "b");
  EXPECT_EQ(whole.Read(), "e=");
  Reading names({.kind = Kind::kIdentity}, {}, {"zz"});
  EXPECT_EQ(names.Read(), "zz=zz");
}

TEST(Reader, RecordsOfAFixedLength) {
  const std::map<std::string, std::string> file = {{"f", "ABCDEFGHIJKLMNOPQRSTUVW"}};
  const auto all = [&](ReaderForm form) {
    form.kind = Kind::kFixedLength;
    return Reading(form, file, {"f"}).Read(99);
  };
  EXPECT_EQ(all({.record_bytes = 4}), "f:0=ABCD,f:1=EFGH,f:2=IJKL,f:3=MNOP,f:4=QRST");
  EXPECT_EQ(all({.header_bytes = 3, .record_bytes = 4, .footer_bytes = 2}), "f:0=DEFG,f:1=HIJK,f:2=LMNO,f:3=PQRS");
  EXPECT_EQ(all({.record_bytes = 10, .hop_bytes = 6}), "f:0=ABCDEFGHIJ,f:1=GHIJKLMNOP,f:2=MNOPQRSTUV");
  EXPECT_EQ(all({.record_bytes = 2, .footer_bytes = 1, .hop_bytes = 5}), "f:0=AB,f:1=FG,f:2=KL,f:3=PQ,f:4=UV");
  EXPECT_EQ(all({.record_bytes = 40}), "OUT_OF_RANGE");
  EXPECT_EQ(all({.record_bytes = 4, .footer_bytes = 40}), "OUT_OF_RANGE");
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(all({.record_bytes = kMost, .footer_bytes = kMost}), "OUT_OF_RANGE");
  EXPECT_EQ(all({.record_bytes = 4, .hop_bytes = kMost}), "f:0=ABCD");
  Reading header({.kind = Kind::kFixedLength, .header_bytes = 40, .record_bytes = 4}, file, {"f"});
  EXPECT_EQ(header.Read(), "OUT_OF_RANGE");
  EXPECT_NE(header.message_.find("want at most the file's 23 bytes, got 40"), std::string::npos) << header.message_;
  EXPECT_EQ(header.Counts(), "0/0");
}

TEST(Reader, TFRecords) {
  const std::string three = TFRecord("aa") + TFRecord("") + TFRecord("ccccc");
  std::string damaged = three;
  damaged[12] ^= 1;  // in "aa"
  std::string length = three;
  length[0] ^= 1;
  const std::map<std::string, std::string> files = {{"r", three},
                                                    {"cut", three.substr(0, three.size() - 3)},
                                                    {"short", three.substr(0, 20)},
                                                    {"damaged", damaged},
                                                    {"length", length}};
  const ReaderForm form = {.kind = Kind::kTFRecords};
  EXPECT_EQ(Reading(form, files, {"r"}).Read(9), "r:0=aa,r:18=,r:34=ccccc");
  Reading cut(form, files, {"cut", "r"});
  EXPECT_EQ(cut.Read(2), "cut:0=aa,cut:18=");
  EXPECT_EQ(cut.Read(), "DATA_LOSS");
  EXPECT_EQ(cut.message_, "'cut': the record at byte 34 is cut");
  EXPECT_EQ(cut.Read(), "DATA_LOSS");
  EXPECT_EQ(cut.Counts(), "2/0");
  Reading with_lost(form, files, {"short"});
  EXPECT_EQ(with_lost.Read(4), "DATA_LOSS");
  EXPECT_EQ(with_lost.Counts(), "1/0");
  Reading bytes(form, files, {"damaged"});
  EXPECT_EQ(bytes.Read(), "DATA_LOSS");
  EXPECT_EQ(bytes.message_, "'damaged': the record at byte 0 is damaged: the checksum of its bytes differs");
  EXPECT_EQ(Reading(form, files, {"length"}).Read(), "DATA_LOSS");
}

// A length near the largest number must not wrap around.
TEST(ReaderHostile, ALengthOfAlmostAllMemory) {
  for (const uint64_t bytes : {~uint64_t{0}, ~uint64_t{0} - 15, uint64_t{1} << 63}) {
    const std::string length = Number(bytes, 8);
    EXPECT_EQ(Reading({.kind = Kind::kTFRecords}, {{"r", length + Masked(length) + "xxxx"}}, {"r"}).Read(),
              "DATA_LOSS");
  }
}

TEST(Reader, AFileThatIsNotThereIsPassedOver) {
  Reading lines({.kind = Kind::kTextLines}, kTexts, {"none", "b"});
  EXPECT_EQ(lines.Read(), "PERMISSION_DENIED");
  EXPECT_EQ(lines.Read(), "b:1=x");
  EXPECT_EQ(lines.Counts(), "1/0");
}

TEST(Reader, ResetAndRestore) {
  Reading whole({.kind = Kind::kWholeFile}, kTexts, {"b", "b"});
  ASSERT_TRUE(whole.reader_.Restore("\x08\x04\x10\x05\x18\x07\x22\x02zz", whole.stop_).ok());
  EXPECT_EQ(whole.Counts(), "7/5");
  EXPECT_EQ(whole.Read(), "b=x\ny\n");
  EXPECT_EQ(*whole.reader_.State(),
            "\x08\x05\x10\x05\x18\x08\x22\x01"
            "b");
  ASSERT_TRUE(whole.reader_.Reset(whole.stop_).ok());
  EXPECT_EQ(*whole.reader_.State(), "");
  EXPECT_TRUE(FailsWith(whole.reader_.Restore("junk", whole.stop_), "no reader's"));
  EXPECT_TRUE(
      FailsWith(whole.reader_.Restore("\x08\x05\x10\x04", whole.stop_), "begun and not completed, got 5 and 4"));
  EXPECT_TRUE(FailsWith(whole.reader_.Restore("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", whole.stop_),
                        "want counts of 0 or more, got 0, 0 and -1"));
  Reading lines({.kind = Kind::kTextLines}, kTexts, {});
  EXPECT_EQ(lines.reader_.State().status().code(), Code::kUnimplemented);
  EXPECT_EQ(lines.reader_.Restore("", lines.stop_).code(), Code::kUnimplemented);
}

TEST(Reader, WantsAQueueOfNames) {
  Reading lines({.kind = Kind::kTextLines}, kTexts, {});
  lines.queue_ = MakeFifoQueue({.type = "FIFOQueue", .name = "q", .elements = {{DType::kInt32}, {}}});
  EXPECT_EQ(lines.Read(), "INVALID_ARGUMENT");
  EXPECT_NE(lines.message_.find("want a queue of strings"), std::string::npos) << lines.message_;
  lines.queue_ = MakeFifoQueue({.type = "FIFOQueue", .name = "q", .elements = {{DType::kString}, {}}});
  ASSERT_TRUE(lines.queue_->Enqueue({Strings({2}, {"a", "b"})}, *lines.allocator_, lines.stop_).ok());
  EXPECT_EQ(lines.Read(), "INVALID_ARGUMENT");
  EXPECT_NE(lines.message_.find("want one file name from the queue, got [2]"), std::string::npos) << lines.message_;
}

// While one read waits for a file's name, another gives up at its own deadline, and counts can be asked for.
TEST(Reader, WaitsItsTurn) {
  Reading lines({.kind = Kind::kTextLines}, kTexts, {});
  lines.queue_ = MakeFifoQueue({.type = "FIFOQueue", .name = "q", .elements = {{DType::kString}, {}}});
  std::thread first([&] { EXPECT_EQ(lines.Read(), "b:1=x"); });
  const StopToken soon(nullptr, StopToken::Clock::now() + std::chrono::milliseconds(50));
  TextBytes charged(*lines.allocator_);
  std::vector<Reader::Text> records;
  EXPECT_EQ(lines.reader_.Read(1, {*lines.queue_, &lines.files_, *lines.allocator_, soon, &charged}, &records).code(),
            Code::kDeadlineExceeded);
  EXPECT_EQ(lines.Counts(), "0/0");
  ASSERT_TRUE(lines.queue_->Enqueue({Strings({}, {"b"})}, *lines.allocator_, lines.stop_).ok());
  first.join();
}

// Records that overlap hold many times what the file does.
TEST(ReaderHostile, RecordsAreCharged) {
  Reading records({.kind = Kind::kFixedLength, .record_bytes = 1 << 15, .hop_bytes = 1},
                  {{"f", std::string(1 << 16, 'x')}}, {"f"});
  records.allocator_ = Allocator::Create(1 << 20);
  EXPECT_EQ(records.Read(1 << 15), "RESOURCE_EXHAUSTED");
}

}  // namespace
}  // namespace rivulet
