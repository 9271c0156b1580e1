#include "engine/ops/record_file.h"

#include <cstring>

#include "engine/base/crc32c.h"
#include "engine/ops/text_lines.h"
#include "engine/ops/uncompress.h"

namespace rivulet {
namespace {

using Found = RecordFile::Found;

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

bool IsWhole(std::string_view bytes, std::string_view crc) {
  return MaskCrc32c(Crc32c({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()})) == LittleEndian(crc);
}

// The bytes of the stream, of an allocator's memory.
Result<Tensor> UncompressAll(std::string_view stream, bool is_gzip, Allocator& allocator, const StopToken& stop) {
  TextBytes charged(allocator);
  std::string bytes;
  RIVULET_RETURN_IF_ERROR(Uncompress(stream, is_gzip, stop, &charged, &bytes));
  if (stop.stopped()) return stop.Why();
  RIVULET_ASSIGN_OR_RETURN(Tensor all,
                           Tensor::Allocate(DType::kUint8, {static_cast<int64_t>(bytes.size())}, allocator));
  std::memcpy(all.data<uint8_t>(), bytes.data(), bytes.size());
  return all;
}

}  // namespace

Result<RecordFile> RecordFile::Open(const ReaderForm& form, const std::string& path, ModelFiles* files,
                                    Allocator& allocator, const StopToken& stop) {
  RecordFile file(form, path);
  if (form.kind == ReaderForm::Kind::kIdentity) return file;
  RIVULET_ASSIGN_OR_RETURN(ModelFiles* const granted, WantFiles(files));
  RIVULET_RETURN_IF_ERROR(file.Load(*granted, allocator, stop));
  RIVULET_RETURN_IF_ERROR(file.SkipHeader());
  return file;
}

Status RecordFile::Load(ModelFiles& files, Allocator& allocator, const StopToken& stop) {
  RIVULET_ASSIGN_OR_RETURN(file_, files.ReadFile(path_));
  text_ = AsText(file_);
  if (!form_.is_compressed || text_.empty()) return Status();
  Result<Tensor> bytes = UncompressAll(text_, form_.is_gzip, allocator, stop);
  if (!bytes.ok()) return std::move(bytes).status().Framed(Quoted(path_));
  uncompressed_ = *std::move(bytes);
  file_ = FileBytes();
  text_ = {reinterpret_cast<const char*>(uncompressed_.data<uint8_t>()), uncompressed_.bytes()};
  return Status();
}

Status RecordFile::SkipHeader() {
  std::string_view line;
  while (number_ < form_.skip_header_lines && NextLine(&line)) ++number_;
  if (static_cast<uint64_t>(form_.header_bytes) > text_.size() - at_) {
    return Status(Code::kOutOfRange, Cat(Quoted(path_), ": attr 'header_bytes': want at most the file's ", text_.size(),
                                         " bytes, got ", form_.header_bytes));
  }
  at_ += static_cast<size_t>(form_.header_bytes);
  return Status();
}

bool RecordFile::NextLine(std::string_view* line) {
  TextLines lines(text_.substr(at_));
  if (!lines.Next(line)) return false;
  at_ += lines.taken();
  return true;
}

Found RecordFile::Give(Record* record, int64_t number, std::string_view value) const {
  record->key = Cat(path_, ":", number);
  record->value = value;
  return Found::kRecord;
}

Result<Found> RecordFile::Next(Record* record) {
  switch (form_.kind) {
    case ReaderForm::Kind::kWholeFile:
    case ReaderForm::Kind::kIdentity:
      record->key = path_;
      record->value = form_.kind == ReaderForm::Kind::kIdentity ? path_ : text_;
      return Found::kLastRecord;
    case ReaderForm::Kind::kTextLines: {
      std::string_view line;
      return NextLine(&line) ? Give(record, ++number_, line) : Found::kEnd;
    }
    case ReaderForm::Kind::kFixedLength: return NextOfFixedLength(record);
    case ReaderForm::Kind::kTFRecords: break;
  }
  return NextTFRecord(record);
}

Result<Found> RecordFile::NextOfFixedLength(Record* record) {
  const auto length = static_cast<uint64_t>(form_.record_bytes);
  const auto footer = static_cast<uint64_t>(form_.footer_bytes);
  const uint64_t left = at_ <= text_.size() ? text_.size() - at_ : 0;
  if (left < footer || left - footer < length) return Found::kEnd;
  const std::string_view value = text_.substr(at_, static_cast<size_t>(length));
  const auto hop = static_cast<uint64_t>(form_.hop_bytes > 0 ? form_.hop_bytes : form_.record_bytes);
  at_ = hop > left ? text_.size() : at_ + static_cast<size_t>(hop);
  return Give(record, number_++, value);
}

// Length in eight bytes, its checksum, the bytes, their checksum.
Result<Found> RecordFile::NextTFRecord(Record* record) {
  constexpr size_t kLength = 8;
  constexpr size_t kCrc = 4;
  const std::string_view left = text_.substr(at_);
  if (left.empty()) return Found::kEnd;
  const auto lost = [this](const char* why) { return DataLoss(Quoted(path_), ": the record at byte ", at_, " ", why); };
  if (left.size() < kLength + kCrc) return lost("is cut");
  const uint64_t length = LittleEndian(left.substr(0, kLength));
  if (!IsWhole(left.substr(0, kLength), left.substr(kLength, kCrc))) {
    return lost("is damaged: the checksum of its length differs");
  }
  if (length > left.size() - kLength - kCrc || left.size() - kLength - kCrc - length < kCrc) return lost("is cut");
  const std::string_view value = left.substr(kLength + kCrc, static_cast<size_t>(length));
  if (!IsWhole(value, left.substr(kLength + kCrc + value.size(), kCrc))) {
    return lost("is damaged: the checksum of its bytes differs");
  }
  const size_t start = at_;
  at_ += kLength + kCrc + value.size() + kCrc;
  return Give(record, static_cast<int64_t>(start), value);
}

}  // namespace rivulet
