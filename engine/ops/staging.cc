#include "engine/ops/staging.h"

#include "engine/kernels/half.h"
#include "engine/kernels/transpose.h"
#include "rivulet/allocator.h"

namespace rivulet {
namespace {

constexpr int64_t kGrain = 1 << 14;

CheckedSize BytesOf(int64_t count, DType dtype) {
  return CheckedSize(count) * static_cast<int64_t>(ElementBytes(dtype));
}

// Turning is a transposition of [batch, pixels, channels], of nothing when there is at most one channel or pixel.
bool NeedsTurn(const Tensor& tensor, bool channels_last) {
  if (channels_last || tensor.rank() < 3 || tensor.num_elements() == 0) return false;
  const int64_t channels = tensor.dim(1);
  return channels != 1 && tensor.num_elements() / tensor.dim(0) != channels;
}

// From the layout of `tensor`, channels first, to channels last, or back.
void Turn(RunContext& c, const void* from, const Tensor& tensor, DType dtype, bool to_channels_last, void* to) {
  const int64_t batch = tensor.dim(0);
  const int64_t channels = tensor.dim(1);
  const int64_t pixels = tensor.num_elements() / batch / channels;
  const int64_t dims[] = {batch, to_channels_last ? channels : pixels, to_channels_last ? pixels : channels};
  const int perm[] = {0, 2, 1};
  Transpose(from, 3, dims, perm, ElementBytes(dtype), to, c.pool(), c.stop());
}

}  // namespace

int64_t ScratchPieces::Add(CheckedSize bytes) {
  const int64_t offset = total_.valid() ? total_.value() : 0;
  constexpr auto kAlign = static_cast<int64_t>(Allocator::kAlignment);
  // One more line than asked for, so that vector loads may run over a piece's end.
  const CheckedSize padded = bytes + 2 * kAlign;
  total_ += padded.valid() ? CheckedSize(padded.value() / kAlign * kAlign) : padded;
  return offset;
}

int64_t ScratchPieces::AddCentered(CheckedSize bytes) {
  const CheckedSize before = total_;
  const int64_t offset = Add(bytes);
  total_ += before;  // as much behind it
  return offset;
}

Status ScratchPieces::Allocate(RunContext& c) {
  if (!total_.valid()) return ResourceExhausted("the operator's scratch memory cannot be counted in 64 bits");
  if (total_.value() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(void* const block, c.Scratch(static_cast<size_t>(total_.value())));
  base_ = static_cast<char*>(block);
  return Status();
}

DType ComputeType(DType dtype) { return IsHalf(dtype) ? DType::kFloat : dtype; }

StagedInput::StagedInput(const Tensor& tensor, bool channels_last, ScratchPieces& pieces)
    : tensor_(tensor), turn_(NeedsTurn(tensor, channels_last)), widen_(IsHalf(tensor.dtype())) {
  if (turn_) turned_ = pieces.Add(BytesOf(tensor.num_elements(), tensor.dtype()));
  if (widen_) widened_ = pieces.Add(BytesOf(tensor.num_elements(), DType::kFloat));
}

const void* StagedInput::Fill(RunContext& c, const ScratchPieces& pieces) const {
  const void* from = tensor_.raw();
  if (turn_) {
    Turn(c, from, tensor_, tensor_.dtype(), true, pieces.At<void>(turned_));
    from = pieces.At<void>(turned_);
  }
  if (!widen_) return from;
  float* to = pieces.At<float>(widened_);
  const auto bytes = static_cast<int64_t>(ElementBytes(tensor_.dtype()));
  c.ParallelFor(tensor_.num_elements(), kGrain, [&](int64_t begin, int64_t end) {
    WidenHalf(tensor_.dtype(), static_cast<const char*>(from) + begin * bytes, end - begin, to + begin);
  });
  return to;
}

StagedOutput::StagedOutput(Tensor& tensor, bool channels_last, ScratchPieces& pieces)
    : tensor_(tensor), turn_(NeedsTurn(tensor, channels_last)), narrow_(IsHalf(tensor.dtype())) {
  if (turn_ || narrow_) wide_ = pieces.Add(BytesOf(tensor.num_elements(), ComputeType(tensor.dtype())));
  if (turn_ && narrow_) narrowed_ = pieces.Add(BytesOf(tensor.num_elements(), tensor.dtype()));
}

void* StagedOutput::data(const ScratchPieces& pieces) const {
  return turn_ || narrow_ ? pieces.At<void>(wide_) : tensor_.raw();
}

void StagedOutput::Finish(RunContext& c, const ScratchPieces& pieces) const {
  if (!turn_ && !narrow_) return;
  const void* from = pieces.At<void>(wide_);
  if (narrow_) {
    const float* wide = pieces.At<float>(wide_);
    char* to = turn_ ? pieces.At<char>(narrowed_) : static_cast<char*>(tensor_.raw());
    const auto bytes = static_cast<int64_t>(ElementBytes(tensor_.dtype()));
    c.ParallelFor(tensor_.num_elements(), kGrain, [&](int64_t begin, int64_t end) {
      NarrowToHalf(tensor_.dtype(), wide + begin, end - begin, to + begin * bytes);
    });
    from = to;
  }
  if (turn_) Turn(c, from, tensor_, tensor_.dtype(), false, tensor_.raw());
}

}  // namespace rivulet
