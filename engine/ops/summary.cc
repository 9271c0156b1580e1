// Summaries as the bytes of tf.Summary messages, scalar strings.
//   ScalarSummary    tags and values of one shape: one value each
//   MergeSummary     the values of all messages in any number of tensors; a tag twice is an error
//   TensorSummary    a tensor under the node's name
//   TensorSummaryV2  a tensor under a tag, with a SummaryMetadata message; a broken one counts as empty
// Deviation: what is inside of merged values is copied as it stands, without a look at its fields.
#include <set>
#include <string>

#include "engine/base/wire.h"
#include "engine/ops/number.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/summary_metadata.h"
#include "engine/ops/tensor_message.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

// Summary { value = 1 }   Value { tag = 1, simple_value = 2, node_name = 7, tensor = 8, metadata = 9 }
constexpr uint32_t kValue = 1, kTag = 1, kSimpleValue = 2, kNodeName = 7, kTensor = 8, kMetadata = 9;

Status InferScalarSummary(InferContext& c) {
  const Shape &tags = c.shape(0), &values = c.shape(1);
  bool same = !tags.has_rank() || !values.has_rank() || tags.rank() == values.rank();
  for (int i = 0; same && tags.has_rank() && values.has_rank() && i < tags.rank(); ++i) {
    same = tags[i] == values[i] || tags[i] < 0 || values[i] < 0;
  }
  if (!same) return InvalidArgument("want tags and values of one shape, got ", tags, " and ", values);
  c.set_output(0, {});
  return Status();
}

Status RunScalar(RunContext& c) {
  TextBytes bytes(c.allocator());
  CheckedSize size = CheckedSize(c.input(0).num_elements()) * 32;
  for (const std::string& tag : c.input(0).values<std::string>()) size += static_cast<int64_t>(tag.size());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(size));
  std::string& out = *c.output(0).data<std::string>();
  out.clear();
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      c.input(1).dtype(), [&](auto tag) {
        using T = typename decltype(tag)::Type;
        for (int64_t i = 0; i < c.input(0).num_elements(); ++i) {
          std::string value;
          const std::string& name = c.input(0).data<std::string>()[i];
          if (!name.empty()) WireWriter(&value).Bytes(kTag, name);
          WireWriter(&value).Float(kSimpleValue, static_cast<float>(c.input(1).data<T>()[i]));
          WireWriter(&out).Bytes(kValue, value);
        }
      });
  return Status();
}

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Result<std::string_view> TagOf(std::string_view value) {
  std::string_view tag;
  WireCursor cursor(AsBytes(value), 0);
  while (cursor.Next()) {
    if (cursor.field() == kTag) {
      tag = cursor.Text();
    } else {
      cursor.Skip();
    }
  }
  if (!cursor.status().ok()) return cursor.status();
  return tag;
}

// Appends the values of one message.
Status Merge(const std::string& message, std::set<std::string_view>* tags, std::string* out) {
  WireCursor cursor(AsBytes(message), 0);
  while (cursor.Next()) {
    if (cursor.field() != kValue) {
      cursor.Skip();
      continue;
    }
    const std::string_view value = cursor.Text();
    const Result<std::string_view> tag = TagOf(value);
    if (!tag.ok()) return InvalidArgument("this is no tf.Summary: ", tag.status().message());
    if (!tag->empty() && !tags->insert(*tag).second) return InvalidArgument("tag ", Quoted(*tag), " is there twice");
    WireWriter(out).Bytes(kValue, value);
  }
  if (!cursor.status().ok()) return InvalidArgument("this is no tf.Summary: ", cursor.status().message());
  return Status();
}

Status RunMerge(RunContext& c) {
  TextBytes bytes(c.allocator());
  std::set<std::string_view> tags;
  std::string out;
  for (int i = 0; i < c.num_inputs(); ++i) {
    for (const std::string& message : c.input(i).values<std::string>()) {
      // A value of two bytes may have a tag's entry in the set.
      RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(message.size())) * 32));
      Status status = Merge(message, &tags, &out);
      if (!status.ok()) return std::move(status).Framed(Cat("input ", i));
      if (c.stop().stopped()) return Status();
    }
  }
  *c.output(0).data<std::string>() = std::move(out);
  return Status();
}

struct State : OpState {
  std::string node_name;
};

Result<std::unique_ptr<OpState>> PrepareTensor(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->node_name = c.node().name;
  return std::unique_ptr<OpState>(std::move(state));
}

Status WriteTensor(RunContext& c, const Tensor& tensor, std::string value, std::string_view metadata,
                   bool has_metadata) {
  TextBytes bytes(c.allocator());
  RIVULET_ASSIGN_OR_RETURN(const int64_t size, TensorMessageBytes(tensor));
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(size) * 3));
  WireWriter(&value).Bytes(kTensor, WriteTensorMessage(tensor));
  if (has_metadata) WireWriter(&value).Bytes(kMetadata, metadata);
  std::string& out = *c.output(0).data<std::string>();
  out.clear();
  WireWriter(&out).Bytes(kValue, value);
  return Status();
}

Status RunTensor(RunContext& c) {
  std::string value;
  WireWriter(&value).Bytes(kNodeName, c.state<State>().node_name);
  return WriteTensor(c, c.input(0), std::move(value), {}, false);
}

Status InferTensorV2(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  c.set_output(0, {});
  return Status();
}

Status RunTensorV2(RunContext& c) {
  std::string value;
  const std::string& tag = *c.input(0).data<std::string>();
  if (!tag.empty()) WireWriter(&value).Bytes(kTag, tag);
  // What is read is kept a few times while it is written again.
  TextBytes bytes(c.allocator());
  const std::string& metadata = *c.input(2).data<std::string>();
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(metadata.size())) * 5));
  return WriteTensor(c, c.input(1), std::move(value), RewrittenSummaryMetadata(metadata), true);
}

constexpr char kAnyTensor[] = "T:type in {f32,f64,i32,u8,i16,i8,str,c64,i64,bool,bf16,u16,c128,f16,u32,u64}";

constexpr OpDef kDefs[] = {
    {.name = "ScalarSummary",
     .inputs = "tags:str, values:T",
     .outputs = "summary:str",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}",
     .infer = InferScalarSummary,
     .run = RunScalar},
    {.name = "MergeSummary",
     .inputs = "inputs:N*str",
     .outputs = "summary:str",
     .attrs = "N:int >=1",
     .infer = InferScalar,
     .run = RunMerge},
    // Stateful, so that two of the same tensor keep their own names.
    {.name = "TensorSummary",
     .inputs = "tensor:T",
     .outputs = "summary:str",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,str,c64,i64,bool,bf16,u16,c128,f16,u32,u64}; description:string=\"\"; "
              "labels:list(string)=[]; display_name:string=\"\"",
     .infer = InferScalar,
     .prepare = PrepareTensor,
     .run = RunTensor,
     .flags = kStateful},
    {.name = "TensorSummaryV2",
     .inputs = "tag:str, tensor:T, serialized_summary_metadata:str",
     .outputs = "summary:str",
     .attrs = kAnyTensor,
     .infer = InferTensorV2,
     .run = RunTensorV2},
};

}  // namespace

RIVULET_OP_LIST(Summary, kDefs);

}  // namespace rivulet
