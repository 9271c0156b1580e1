// DecodeCompressed: strings uncompressed, x and y [..]; compression_type ZLIB, GZIP or none. GZIP may have several
// members. A stream that is cut gives what is in it; bytes after the end of a ZLIB stream are not looked at.
// TensorFlow's ZSTD is UNIMPLEMENTED, as is all compression in a build without zlib.
#include <string>

#include "engine/ops/uncompress.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool is_plain = false;
  bool is_gzip = false;
};

Result<std::unique_ptr<OpState>> ReadAttrs(const AttrReader& attrs) {
  auto state = std::make_unique<State>();
  const std::string type = attrs.Str("compression_type");
  state->is_plain = type.empty();
  state->is_gzip = type == "GZIP";
  if (type == "ZSTD") return Unimplemented("attr 'compression_type': ZSTD is not there, only ZLIB, GZIP and none");
  if (!state->is_plain && !state->is_gzip && type != "ZLIB") {
    return InvalidArgument("attr 'compression_type': want ZLIB, GZIP or none, got ", Quoted(type));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadAttrs(c.attrs()).status());
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) { return ReadAttrs(c.attrs()); }

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  TextBytes bytes(c.allocator());
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    const std::string& from = c.input(0).data<std::string>()[i];
    std::string& to = c.output(0).data<std::string>()[i];
    if (state.is_plain) {
      RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(from.size())));
      to = from;
      continue;
    }
    Status status = Uncompress(from, state.is_gzip, c.stop(), &bytes, &to);
    if (!status.ok()) return std::move(status).Framed(Cat("element ", i));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DecodeCompressed",
     .inputs = "bytes:str",
     .outputs = "output:str",
     .attrs = "compression_type:string=\"\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(DecodeCompressed, kDefs);

}  // namespace rivulet
