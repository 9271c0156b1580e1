// Covers: engine/ops/record_file.cc engine/ops/uncompress.cc
// A file of records: eight bytes that say how it is read, then what is in it.
#include <algorithm>
#include <cstdlib>

#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/record_file.h"

namespace rivulet {
namespace {

constexpr size_t kFormBytes = 8;
constexpr size_t kMostMemory = size_t{1} << 20;  // of what a compressed file may become

ReaderForm FormOf(const uint8_t* bytes) {
  ReaderForm form;
  form.kind = static_cast<ReaderForm::Kind>(bytes[0] % 5);
  form.is_compressed = (bytes[1] & 1) != 0;
  form.is_gzip = (bytes[1] & 2) != 0;
  form.skip_header_lines = bytes[2];
  form.header_bytes = bytes[3];
  form.record_bytes = 1 + bytes[4];  // the operator refuses others
  form.footer_bytes = bytes[5];
  form.hop_bytes = bytes[6];
  return form;
}

// Every record lies in the file, and there are no more than the file has room for.
void ReadAll(RecordFile& file, size_t most) {
  Record record;
  for (size_t count = 0; count <= most; ++count) {
    const Result<RecordFile::Found> found = file.Next(&record);
    if (!found.ok()) {
      if (file.Next(&record).ok()) std::abort();  // what cannot be read stays so
      return;
    }
    if (*found == RecordFile::Found::kEnd) return;
    unsigned sum = 0;
    for (const char byte : record.value) sum += static_cast<unsigned char>(byte);
    if (record.key.empty() || sum > 255 * record.value.size()) std::abort();
    if (*found == RecordFile::Found::kLastRecord) return;
  }
  std::abort();
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rivulet;
  if (size < kFormBytes) return 0;
  const ReaderForm form = FormOf(data);
  FilesInMemory files({{"f", std::string(reinterpret_cast<const char*>(data + kFormBytes), size - kFormBytes)}});
  const std::shared_ptr<Allocator> allocator = Allocator::Create(kMostMemory);
  const StopToken stop;
  Result<RecordFile> file = RecordFile::Open(form, "f", &files, *allocator, stop);
  if (file.ok()) ReadAll(*file, std::max(size, form.is_compressed ? kMostMemory : 0));
  return 0;
}
