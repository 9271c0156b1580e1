// RandomShuffle, StatelessShuffle: the rows of a tensor of any dtype in random order (Fisher and Yates), TensorFlow's
// order for its seeds, or for its key [1] and counter [2 or more].
#include <numeric>

#include "engine/ops/plain_infer.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// Reorders rows with words of the stream, one for each row but the last.
template <typename Start>
Status Shuffle(RunContext& c, const Start& start) {
  const Tensor& in = c.input(0);
  Tensor& out = c.output(0);
  const int64_t rows = in.rank() == 0 ? 1 : in.dim(0);
  if (in.num_elements() == 0) return Status();
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (rows > 1) {
    RIVULET_ASSIGN_OR_RETURN(const Philox generator, start(rows));
    PhiloxWords words(generator);
    for (int64_t i = 0; i + 1 < rows; ++i) {
      const int64_t j = i + static_cast<int64_t>(words.Next() % static_cast<uint32_t>(rows - i));
      std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(j)]);
    }
  }
  const int64_t width = in.num_elements() / rows;
  for (int64_t i = 0; i < rows; ++i) {
    const DType dtype = in.dtype();
    CopyElements(dtype, ElementAt(out.raw(), dtype, i * width),
                 ElementAt(in.raw(), dtype, order[static_cast<size_t>(i)] * width), width);
  }
  return Status();
}

Status Run(RunContext& c) {
  // The stream advances by whole blocks.
  return Shuffle(c, [&](int64_t rows) -> Result<Philox> {
    return TakeStream(c, c.state<SeedState>(), static_cast<uint64_t>((rows - 1 + 3) / 4));
  });
}

Status InferKeyed(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  if (c.shape(1).complete() && c.shape(1)[0] != 1) return InvalidArgument("key: want 1 element, got ", c.shape(1)[0]);
  if (c.shape(2).complete() && c.shape(2)[0] < 2) {
    return InvalidArgument("counter: want at least 2 elements, got ", c.shape(2)[0]);
  }
  return InferLikeFirst(c);
}

Status RunKeyed(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, KeyedStream(c.input(1), c.input(2), c.input(3)));
  return Shuffle(c, [&](int64_t) -> Result<Philox> { return generator; });
}

#define RIVULET_ANY "T:type in {f32,f16,bf16,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}"
constexpr OpDef kDefs[] = {
    {.name = "RandomShuffle",
     .inputs = "value:T",
     .outputs = "output:T",
     .attrs = "seed:int=0; seed2:int=0; " RIVULET_ANY,
     .infer = InferLikeFirst,
     .prepare = PrepareSeeds,
     .run = Run,
     .flags = kStateful},
    {.name = "StatelessShuffle",
     .inputs = "value:T, key:u64, counter:u64, alg:i32",
     .outputs = "output:T",
     .attrs = RIVULET_ANY,
     .infer = InferKeyed,
     .run = RunKeyed},
};
#undef RIVULET_ANY

}  // namespace
RIVULET_OP_LIST(RandomShuffle, kDefs);
}  // namespace rivulet
