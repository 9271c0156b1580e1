// The records of one file, as the readers of a session find them.
#ifndef RIVULET_ENGINE_OPS_RECORD_FILE_H_
#define RIVULET_ENGINE_OPS_RECORD_FILE_H_

#include <string>

#include "engine/base/stop.h"
#include "engine/ops/model_files.h"

namespace rivulet {

struct ReaderForm {
  enum class Kind { kWholeFile, kIdentity, kTextLines, kFixedLength, kTFRecords };
  Kind kind = Kind::kWholeFile;
  // Of lines.
  int64_t skip_header_lines = 0;
  // Of records of a fixed length; from the start of one to that of the next, 0 for its length.
  int64_t header_bytes = 0;
  int64_t record_bytes = 0;
  int64_t footer_bytes = 0;
  int64_t hop_bytes = 0;
  // Of those and TensorFlow's records.
  bool is_compressed = false;
  bool is_gzip = false;  // otherwise zlib
};

struct Record {
  std::string key;
  std::string_view value;  // in the file
};

class RecordFile {
 public:
  // Whole files and identities are at their end with their one record, others when there is nothing behind the last.
  enum class Found { kRecord, kLastRecord, kEnd };

  // An identity needs no files.
  static Result<RecordFile> Open(const ReaderForm& form, const std::string& path, ModelFiles* files,
                                 Allocator& allocator, const StopToken& stop);

  // What cannot be read is DATA_LOSS, then and the next time.
  Result<Found> Next(Record* record);

  const std::string& path() const { return path_; }

 private:
  RecordFile(const ReaderForm& form, std::string path) : form_(form), path_(std::move(path)) {}
  Status Load(ModelFiles& files, Allocator& allocator, const StopToken& stop);
  Status SkipHeader();
  bool NextLine(std::string_view* line);
  Result<Found> NextOfFixedLength(Record* record);
  Result<Found> NextTFRecord(Record* record);
  // The value of the record, `number` in its key.
  Found Give(Record* record, int64_t number, std::string_view value) const;

  ReaderForm form_;
  std::string path_;
  FileBytes file_;
  Tensor uncompressed_;  // its bytes, where the file is compressed
  std::string_view text_;
  size_t at_ = 0;
  int64_t number_ = 0;  // lines or records so far
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RECORD_FILE_H_
