#include "engine/import/squeezed_constants.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "engine/base/errors.h"
#include "engine/base/thread_pool.h"
#include "engine/import/cache_file.h"

namespace rivulet {
namespace {

struct Constant {
  std::string_view name;
  SqueezedRegion region;
};

struct Piece {
  size_t constant = 0;
  size_t slice = 0;
};

// Those that are whole, as far as checksums tell; *damage is the first that is not.
std::vector<Constant> WholeConstants(const MemmappedPackage& package, Status* damage) {
  std::vector<Constant> found;
  for (const auto& [name, region] : package.regions()) {
    if (!name.starts_with(MemmappedPackage::kSqueezedPrefix)) continue;
    Result<SqueezedRegion> read = SqueezedRegion::Read(region.bytes);
    Status status = read.ok() ? read->CheckSlices() : read.status();
    if (status.ok()) {
      found.push_back({name, *std::move(read)});
    } else if (damage->ok()) {
      *damage = std::move(status).Framed(Quoted(name));
    }
  }
  return found;
}

size_t SliceBytes(const SqueezedRegion& region) {
  return static_cast<size_t>(std::min(region.slice_elements, region.elements)) * ElementBytes(region.dtype);
}

// Calls decode(piece, columns, thread) for all slices.
template <typename Decode>
void ForAllSlices(const std::vector<Constant>& constants, int threads, const Decode& decode) {
  std::vector<Piece> pieces;
  size_t columns = 1;
  for (size_t c = 0; c < constants.size(); ++c) {
    columns = std::max(columns, constants[c].region.NumColumns());
    for (size_t s = 0; s < constants[c].region.slices.size(); ++s) pieces.push_back({c, s});
  }
  const auto count = static_cast<int64_t>(pieces.size());
  const int used = static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(threads, count)));
  std::vector<uint16_t> memory(columns * static_cast<size_t>(used));  // workers allocate nothing
  const auto body = [&](int64_t begin, int64_t end, int thread) {
    const std::span<uint16_t> own(memory.data() + columns * static_cast<size_t>(thread), columns);
    for (int64_t i = begin; i < end; ++i) decode(pieces[static_cast<size_t>(i)], own, thread);
  };
  if (used > 1) {
    ThreadPool(used).ParallelFor(count, 1, StopToken(), body);
  } else {
    body(0, count, 0);
  }
}

}  // namespace

DecodedConstants DecodeToMemory(const MemmappedPackage& package, Allocator& allocator, int threads) {
  Status ignored;
  std::vector<Constant> constants = WholeConstants(package, &ignored);
  std::vector<Tensor> tensors;
  std::erase_if(constants, [&](const Constant& constant) {
    Result<Tensor> memory = Tensor::Allocate(constant.region.dtype, {constant.region.elements}, allocator);
    if (memory.ok()) tensors.push_back(*std::move(memory));
    return !memory.ok();
  });
  std::vector<std::atomic<bool>> is_broken(constants.size());
  ForAllSlices(constants, threads, [&](const Piece& piece, std::span<uint16_t> columns, int) {
    const SqueezedRegion& region = constants[piece.constant].region;
    auto* out = static_cast<uint8_t*>(tensors[piece.constant].raw()) + piece.slice * SliceBytes(region);
    if (!region.DecodeSlice(piece.slice, columns, out)) is_broken[piece.constant] = true;
  });
  DecodedConstants decoded;
  for (size_t c = 0; c < constants.size(); ++c) {
    if (!is_broken[c]) decoded.emplace(constants[c].name, std::move(tensors[c]));
  }
  return decoded;
}

Status DecodeToFile(const MemmappedPackage& package, Allocator& allocator, int threads, CacheFileWriter* file) {
  Status failure;
  std::vector<Constant> constants = WholeConstants(package, &failure);
  RIVULET_RETURN_IF_ERROR(std::move(failure));
  // What is used as it is, biases mostly, lies together in few pages; large weights are not touched where their packed
  // forms are used.
  constexpr size_t kSmall = 1 << 16;
  std::stable_partition(constants.begin(), constants.end(), [](const Constant& constant) {
    return static_cast<size_t>(constant.region.elements) * ElementBytes(constant.region.dtype) <= kSmall;
  });
  size_t largest = 0;
  for (const auto& [name, region] : constants) {
    const size_t bytes = static_cast<size_t>(region.elements) * ElementBytes(region.dtype);
    file->Reserve(std::string(name), region.dtype, bytes, std::max<size_t>(SliceBytes(region), 1));
    largest = std::max(largest, SliceBytes(region));
  }
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<void> memory,
                           allocator.Allocate(largest * static_cast<size_t>(std::max(threads, 1))));
  // Workers allocate nothing, so they make no messages.
  std::atomic<int> error = 0;
  std::atomic<int64_t> broken_at = -1;
  ForAllSlices(constants, threads, [&](const Piece& piece, std::span<uint16_t> columns, int thread) {
    if (error != 0 || broken_at >= 0) return;
    const SqueezedRegion& region = constants[piece.constant].region;
    uint8_t* out = static_cast<uint8_t*>(memory.get()) + largest * static_cast<size_t>(thread);
    const size_t bytes = static_cast<size_t>(region.ElementsOf(piece.slice)) * ElementBytes(region.dtype);
    if (!region.DecodeSlice(piece.slice, columns, out)) {
      broken_at = static_cast<int64_t>(piece.constant);
    } else if (const int failed = file->TryWritePiece(piece.constant, piece.slice, {out, bytes}); failed != 0) {
      error = failed;
    }
  });
  if (error != 0) return file->WriteFailed(error);
  if (broken_at >= 0) {
    const Constant& constant = constants[static_cast<size_t>(broken_at.load())];
    return DataLoss(Quoted(constant.name), ": a slice of the squeezed constant is no code");
  }
  return Status();
}

}  // namespace rivulet
