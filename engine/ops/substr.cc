// Substr: y = x[pos : pos + len], in bytes or with unit UTF8_CHAR in characters (utf8.h). A negative pos counts from
// the end; what reaches past the end is cut.
//   x [..], pos and len of one shape: x's, a scalar, or broadcasting with x to at most 2 dims -> y of the broadcast
//   shape.
// A negative len takes everything (BYTE) or nothing (UTF8_CHAR, and is refused after a negative pos), as in TensorFlow.
#include "engine/graph/shape_math.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/utf8.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool characters = false;
};

Result<Shape> OutputShape(const Shape& input, const Shape& pos, const Shape& len) {
  if (pos.has_rank() && len.has_rank()) {
    bool same = pos.rank() == len.rank();
    for (int i = 0; same && i < pos.rank(); ++i) same = pos[i] == len[i] || pos[i] < 0 || len[i] < 0;
    if (!same) {
      return InvalidArgument("pos and len: want one shape, got ", pos, " and ", len);
    }
  }
  if (!input.has_rank() || !pos.has_rank()) return Shape::UnknownRank();
  if (pos.rank() == 0) return input;
  RIVULET_ASSIGN_OR_RETURN(Shape out, BroadcastShapes(input, pos));
  // Complete shapes that are the same need no broadcast.
  if (input.complete() && pos.complete() && !(input == pos) && out.rank() > 2) {
    return InvalidArgument("pos: want at most 2 dims where its shape ", pos, " is not input's ", input);
  }
  return out;
}

Status Infer(InferContext& c) {
  const std::string unit = c.attrs().Str("unit");
  if (unit != "BYTE" && unit != "UTF8_CHAR") {
    return InvalidArgument("attr 'unit': want BYTE or UTF8_CHAR, got ", Quoted(unit));
  }
  RIVULET_ASSIGN_OR_RETURN(Shape out, OutputShape(c.shape(0), c.shape(1), c.shape(2)));
  c.set_output(0, std::move(out));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->characters = c.attrs().Str("unit") == "UTF8_CHAR";
  return std::unique_ptr<OpState>(std::move(state));
}

// False where there is no such part.
bool Cut(std::string_view text, int64_t pos, int64_t len, bool characters, std::string_view* out) {
  size_t begin = 0, end = 0;
  if (characters) {
    if (pos < 0) begin = text.size();
    // -pos of the lowest number wraps to itself, which no text has as many characters as.
    const int64_t want = pos < 0 ? static_cast<int64_t>(0 - static_cast<uint64_t>(pos)) : pos;
    if (want < 0 || (pos < 0 && len < 0)) return false;
    const int64_t skipped = pos < 0 ? SkipUtf8Back(text, want, &begin) : SkipUtf8(text, want, &begin);
    if (skipped != want) return false;
    end = begin;
    SkipUtf8(text, len, &end);
  } else {
    const auto size = static_cast<int64_t>(text.size());
    if (pos < -size || pos > size) return false;
    begin = static_cast<size_t>(pos < 0 ? pos + size : pos);
    const size_t rest = text.size() - begin;
    end = begin + (len < 0 || static_cast<uint64_t>(len) > rest ? rest : static_cast<size_t>(len));
  }
  *out = text.substr(begin, end - begin);
  return true;
}

Status Run(RunContext& c) {
  const bool characters = c.state<State>().characters;
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, OutputShape(c.input(0).shape(), c.input(1).shape(), c.input(2).shape()));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, shape));
  const int64_t count = c.output(0).num_elements();
  if (count == 0) return Status();
  const BroadcastReader texts(c.input(0).shape(), shape, 1);
  const BroadcastReader places(c.input(1).shape(), shape, 1);
  const Indices pos(c.input(1)), len(c.input(2));
  TextBytes bytes(c.allocator());
  constexpr int64_t kTile = 256;
  int64_t text_at[kTile], place_at[kTile];
  for (int64_t begin = 0; begin < count && !c.stop().stopped(); begin += kTile) {
    const int64_t some = std::min(kTile, count - begin);
    texts.Positions(begin, some, text_at);
    places.Positions(begin, some, place_at);
    for (int64_t i = 0; i < some; ++i) {
      const std::string& text = c.input(0).data<std::string>()[text_at[i]];
      std::string_view piece;
      if (!Cut(text, pos[place_at[i]], len[place_at[i]], characters, &piece)) {
        return InvalidArgument("pos ", pos[place_at[i]], " and len ", len[place_at[i]], " are no part of the string ",
                               Quoted(text), " at element ", begin + i);
      }
      RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(piece.size())));
      c.output(0).data<std::string>()[begin + i].assign(piece);
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Substr",
     .inputs = "input:str, pos:T, len:T",
     .outputs = "output:str",
     .attrs = "T:type in {i32,i64}; unit:string=\"BYTE\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Substr, kDefs);

}  // namespace rivulet
