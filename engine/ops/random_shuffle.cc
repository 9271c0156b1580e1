// RandomShuffle: the rows of a tensor of any dtype in random order (Fisher and Yates), TensorFlow's order for its
// seeds.
#include <numeric>
#include <random>

#include "engine/kernels/philox.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  uint64_t seed = 0;
  uint64_t seed2 = 0;
};

struct Stream : Persistent {
  std::mutex mutex;
  bool started = false;
  Philox generator;
};

Status Infer(InferContext& c) {
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->seed = static_cast<uint64_t>(c.attrs().Int("seed"));
  state->seed2 = static_cast<uint64_t>(c.attrs().Int("seed2"));
  return std::unique_ptr<OpState>(std::move(state));
}

// A word is drawn for each row but the last; the stream advances by whole blocks.
Philox TakeGenerator(RunContext& c, int64_t rows) {
  Stream alone;
  Stream& stream = c.persistent() != nullptr ? c.persistent()->Get<Stream>() : alone;
  std::lock_guard<std::mutex> lock(stream.mutex);
  if (!stream.started) {
    uint64_t seed = c.state<State>().seed;
    uint64_t seed2 = c.state<State>().seed2;
    if (seed == 0 && seed2 == 0) {
      std::random_device device;
      seed = Philox::Join(device(), device());
    }
    stream.generator = Philox::FromSeeds(seed, seed2);
    stream.started = true;
  }
  const Philox generator = stream.generator;
  stream.generator.Skip(static_cast<uint64_t>((rows - 1 + 3) / 4));
  return generator;
}

Status Run(RunContext& c) {
  const Tensor& in = c.input(0);
  Tensor& out = c.output(0);
  const int64_t rows = in.rank() == 0 ? 1 : in.dim(0);
  if (in.num_elements() == 0) return Status();
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (rows > 1) {
    PhiloxWords words(TakeGenerator(c, rows));
    for (int64_t i = 0; i + 1 < rows; ++i) {
      const int64_t j = i + static_cast<int64_t>(words.Next() % static_cast<uint32_t>(rows - i));
      std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(j)]);
    }
  }
  const int64_t width = in.num_elements() / rows;
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t from = order[static_cast<size_t>(i)] * width;
    if (in.dtype() == DType::kString) {
      std::copy_n(in.data<std::string>() + from, width, out.data<std::string>() + i * width);
    } else {
      const auto element = static_cast<int64_t>(ElementBytes(in.dtype()));
      std::copy_n(in.data<uint8_t>() + from * element, width * element, out.data<uint8_t>() + i * width * element);
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RandomShuffle",
     .inputs = "value:T",
     .outputs = "output:T",
     .attrs = "seed:int=0; seed2:int=0; T:type in {f32,f16,bf16,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
};

}  // namespace
RIVULET_OP_LIST(RandomShuffle, kDefs);
}  // namespace rivulet
