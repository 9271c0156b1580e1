// DecodeCompressed: strings uncompressed, x and y [..]; compression_type ZLIB, GZIP or none. GZIP may have several
// members. A stream that is cut gives what is in it; bytes after the end of a ZLIB stream are not looked at.
// TensorFlow's ZSTD is UNIMPLEMENTED, as is all compression in a build without zlib.
#include <algorithm>
#include <string>

#include "engine/ops/text_bytes.h"

#if defined(RIVULET_HAS_ZLIB)
#include <zlib.h>
#endif

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

#if defined(RIVULET_HAS_ZLIB)

Status Uncompress(RunContext& c, const std::string& compressed, bool is_gzip, TextBytes* bytes, std::string* out) {
  constexpr size_t kPiece = size_t{64} << 10;
  out->clear();
  z_stream stream = {};
  if (inflateInit2(&stream, MAX_WBITS + (is_gzip ? 16 : 0)) != Z_OK) return ResourceExhausted("zlib: no memory");
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};
  size_t taken = 0;
  while (!c.stop().stopped()) {
    const size_t given = std::min<size_t>(compressed.size() - taken, size_t{1} << 30);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data() + taken));
    stream.avail_in = static_cast<uInt>(given);
    // What comes out is charged piece by piece, so a small input costs little whatever it says of itself.
    const size_t before = out->size();
    RIVULET_RETURN_IF_ERROR(bytes->Charge(static_cast<int64_t>(kPiece)));
    out->resize(before + kPiece);
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream.avail_out = static_cast<uInt>(kPiece);
    const int code = inflate(&stream, Z_NO_FLUSH);
    taken += given - stream.avail_in;
    out->resize(before + kPiece - stream.avail_out);
    if (code == Z_MEM_ERROR) return ResourceExhausted("zlib: no memory");
    if (code == Z_STREAM_END) {
      if (!is_gzip || taken == compressed.size()) return Status();
      if (inflateReset(&stream) != Z_OK) return ResourceExhausted("zlib: no memory");
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return DataLoss("bytes: this is no ", is_gzip ? "GZIP" : "ZLIB", " stream",
                      stream.msg != nullptr ? Cat(": ", stream.msg) : std::string());
    } else if (taken == compressed.size() && stream.avail_out > 0) {
      return Status();
    }
  }
  return Status();
}

#else

Status Uncompress(RunContext&, const std::string&, bool, TextBytes*, std::string*) {
  return Unimplemented("this build has no zlib");
}

#endif

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
    Status status = Uncompress(c, from, state.is_gzip, &bytes, &to);
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
