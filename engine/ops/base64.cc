// EncodeBase64, DecodeBase64: the alphabet that is safe in file names and addresses (A-Z a-z 0-9 - _). x, y: [..].
// Padding with = is written when `pad` asks for it and may be there or not when read; the bits that the last character
// has too many are not looked at.
#include <array>
#include <string>

#include "engine/ops/plain_infer.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int8_t kNone = -1;
constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(kNone);
  for (int8_t i = 0; i < 64; ++i) values[static_cast<uint8_t>(kDigits[i])] = i;
  return values;
}();

struct State : OpState {
  bool pad = false;
};

void Encode(std::string_view bytes, bool pad, std::string* out) {
  out->clear();
  const auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0u; };
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    const size_t digits = std::min<size_t>(bytes.size() - i, 3) + 1;
    for (size_t k = 0; k < 4; ++k) {
      if (k < digits) {
        out->push_back(kDigits[bits >> (18 - 6 * k) & 63]);
      } else if (pad) {
        out->push_back('=');
      }
    }
  }
}

Status Decode(std::string_view text, std::string* out) {
  out->clear();
  if (text.size() % 4 == 0 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    if (text.back() == '=') text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) {
    return InvalidArgument("no base64: ", static_cast<uint64_t>(text.size()), " characters, which is 1 modulo 4");
  }
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int8_t value = kValues[static_cast<uint8_t>(text[i])];
    if (value == kNone) {
      return InvalidArgument("no base64: character ", Quoted(text.substr(i, 1)), " at ", static_cast<uint64_t>(i));
    }
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out->push_back(static_cast<char>(bits >> count));
  }
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareEncode(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->pad = c.attrs().Bool("pad");
  return std::unique_ptr<OpState>(std::move(state));
}

// The text of the output is at most `grows` thirds of the input's, and 4 bytes an element.
Status ChargeOutput(RunContext& c, int64_t grows, TextBytes* bytes) {
  CheckedSize text = 0;
  for (const std::string& one : c.input(0).values<std::string>()) text += static_cast<int64_t>(one.size());
  return bytes->Charge(text.valid() ? CheckedSize(text.value() / 3) * grows + c.input(0).num_elements() * 4 : text);
}

Status RunEncode(RunContext& c) {
  const bool pad = c.state<State>().pad;
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeOutput(c, 4, &bytes));
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    Encode(c.input(0).data<std::string>()[i], pad, &c.output(0).data<std::string>()[i]);
  }
  return Status();
}

Status RunDecode(RunContext& c) {
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeOutput(c, 3, &bytes));
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    RIVULET_RETURN_IF_ERROR(
        Decode(c.input(0).data<std::string>()[i], &c.output(0).data<std::string>()[i]).Framed(Cat("element ", i)));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "EncodeBase64",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "pad:bool=false",
     .infer = InferLikeFirst,
     .prepare = PrepareEncode,
     .run = RunEncode},
    {.name = "DecodeBase64",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "",
     .infer = InferLikeFirst,
     .run = RunDecode},
};

}  // namespace

RIVULET_OP_LIST(Base64, kDefs);

}  // namespace rivulet
