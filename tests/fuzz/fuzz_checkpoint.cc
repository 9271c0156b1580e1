// Covers: engine/import/checkpoint*.cc engine/import/sorted_table.cc engine/import/tensor_slice.cc
// engine/import/snappy.cc engine/import/inflate.cc Checkpoints of both versions. The input is four bytes of the index's
// length (little-endian), the index, and the data of the one shard; the index is also read as a checkpoint of
// version 1. Checksums are not compared, so that what lies behind them is reached.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/import/checkpoint.h"
#include "engine/import/checkpoint_state.h"
#include "engine/import/table_builder.h"

namespace rivulet {
namespace {

constexpr size_t kBudget = size_t{16} << 20;
constexpr size_t kMostRead = 32;

void Check(bool holds) {
  if (!holds) std::abort();
}

void ReadAll(const std::shared_ptr<MemoryFiles>& files, const std::string& prefix) {
  CheckpointReader::Options options;
  options.limits = Limits::Strict();
  options.limits.index_bytes = 1 << 20;
  options.verify_checksums = false;
  const auto reader = CheckpointReader::Open(files, prefix, options);
  if (!reader.ok()) {
    Check(!reader.status().message().empty());
    return;
  }
  const auto allocator = Allocator::Create(kBudget);
  size_t read = 0;
  for (const CheckpointReader::Entry& entry : (*reader)->entries()) {
    if (++read > kMostRead) break;
    Check((*reader)->Find(entry.name) == &entry);
    const auto tensor = (*reader)->Read(entry.name, *allocator);
    if (!tensor.ok()) continue;
    Check(tensor->shape() == entry.shape && tensor->dtype() == entry.dtype);
    // Every byte that it says it has.
    if (ElementBytes(tensor->dtype()) > 0) {
      uint8_t sum = 0;
      for (size_t i = 0; i < tensor->bytes(); ++i) sum = static_cast<uint8_t>(sum + tensor->data<uint8_t>()[i]);
      static_cast<void>(sum);
    }
    if (entry.shape.rank() > 0 && entry.shape[0] > 1) {
      std::string spec;
      for (const int64_t dim : entry.shape.dims()) spec += Cat(dim, " ");
      spec += Cat("1,", entry.shape[0] - 1);
      for (int axis = 1; axis < entry.shape.rank(); ++axis) spec += ":-";
      const auto part = (*reader)->ReadSlice(entry.name, spec, *allocator);
      if (part.ok()) Check(part->dim(0) == entry.shape[0] - 1);
    }
  }
  (*reader)->DropPages();
  Check(allocator->peak_bytes() <= kBudget);
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rivulet;
  if (size < 4) return 0;
  const size_t wanted = data[0] | size_t{data[1]} << 8 | size_t{data[2]} << 16 | size_t{data[3]} << 24;
  const size_t length = std::min(wanted, size - 4);
  const std::string index(reinterpret_cast<const char*>(data) + 4, length);
  auto files = std::make_shared<MemoryFiles>();
  files->files["m.index"] = index;
  files->files["m.data-00000-of-00001"] =
      std::string(reinterpret_cast<const char*>(data) + 4 + length, size - 4 - length);
  ReadAll(files, "m");
  files->files.clear();
  files->files["m"] = index;
  ReadAll(files, "m");
  files->files["checkpoint"] = index;
  (void)LatestCheckpoint(*files, Limits::Strict()).status().ToString();
  return 0;
}
