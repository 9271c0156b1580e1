#include "prepare/graph_text.h"

#include <charconv>
#include <cmath>

#include "engine/base/bit_cast.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/wire.h"
#include "engine/import/text_fields.h"

namespace rivulet::prepare {
namespace {

using text_format::Field;
using text_format::Kind;
using text_format::Message;

template <typename Real>
std::string RealText(Real value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  return error == std::errc() ? std::string(text, end) : "0";
}

std::string NumberText(const Field& field, uint64_t bits) {
  switch (field.kind) {
    case Kind::kBool: return bits != 0 ? "true" : "false";
    case Kind::kFloat: return RealText(BitCast<float>(static_cast<uint32_t>(bits)));
    case Kind::kDouble: return RealText(BitCast<double>(bits));
    case Kind::kEnum: {
      const std::string_view name = text_format::TypeWord(static_cast<int32_t>(static_cast<uint32_t>(bits)));
      if (!name.empty()) return std::string(name);
      return Cat(static_cast<int64_t>(bits));
    }
    default: return Cat(static_cast<int64_t>(bits));
  }
}

class Printer {
 public:
  // False, with status(), at a defect.
  bool Print(WireCursor message, Message type, int depth) {
    if (depth > kMaxDepth) return Fail(InvalidArgument("messages within messages, more than ", kMaxDepth, " deep"));
    while (message.Next()) {
      const Field* field = text_format::FindField(type, message.field());
      if (field == nullptr || (field->kind == Kind::kMessage && field->type == text_format::kOpaque) ||
          field->kind == Kind::kIgnoredEnum) {
        message.Skip();
      } else if (!PrintField(message, *field, depth)) {
        return false;
      }
    }
    return message.status().ok() || Fail(message.status());
  }

  std::string& out() { return out_; }
  const Status& status() const { return status_; }

 private:
  static constexpr int kMaxDepth = 100;

  bool Fail(Status status) {
    status_ = std::move(status);
    return false;
  }

  void Line(const Field& field, int depth, std::string_view value) {
    out_.append(static_cast<size_t>(2 * depth), ' ');
    out_ += Cat(field.name, ": ", value, "\n");
  }

  bool PrintField(WireCursor& message, const Field& field, int depth) {
    if (field.kind == Kind::kMessage) {
      out_.append(static_cast<size_t>(2 * depth), ' ');
      out_ += Cat(field.name, " {\n");
      if (!Print(message.Message(), field.type, depth + 1)) return false;
      out_.append(static_cast<size_t>(2 * depth), ' ');
      out_ += "}\n";
    } else if (field.kind == Kind::kBytes) {
      Line(field, depth, Cat("\"", EscapeText(message.Text()), "\""));
    } else if (message.type() == WireType::kBytes) {
      PrintPacked(message.Bytes(), field, depth);
    } else if (field.kind == Kind::kFloat) {
      Line(field, depth, NumberText(field, message.Fixed32()));
    } else if (field.kind == Kind::kDouble) {
      Line(field, depth, NumberText(field, message.Fixed64()));
    } else {
      Line(field, depth, NumberText(field, message.Varint()));
    }
    return message.status().ok() || Fail(message.status());
  }

  void PrintPacked(std::span<const uint8_t> bytes, const Field& field, int depth) {
    const size_t fixed = field.kind == Kind::kFloat ? 4 : field.kind == Kind::kDouble ? 8 : 0;
    uint64_t bits = 0;
    unsigned shift = 0;
    for (const uint8_t byte : bytes) {
      if (shift < 64) bits |= uint64_t{fixed > 0 ? byte : static_cast<uint8_t>(byte & 127)} << shift;
      shift += fixed > 0 ? 8 : 7;
      if (fixed > 0 ? shift < 8 * fixed : (byte & 128) != 0) continue;
      Line(field, depth, NumberText(field, bits));
      bits = shift = 0;
    }
    if (shift != 0) Fail(DataLoss("packed ", field.name, " end inside a number"));
  }

  std::string out_;
  Status status_;
};

Result<std::string> Printed(std::string_view bytes, Message type) {
  Printer printer;
  printer.Print(WireCursor({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0), type, 0);
  RIVULET_RETURN_IF_ERROR(printer.status());
  return std::move(printer.out());
}

}  // namespace

std::string EscapeText(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '"' || c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 32 || byte > 126) {
      const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + ((byte >> 3) & 7)),
                            static_cast<char>('0' + (byte & 7))};
      out.append(octal, sizeof(octal));
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> ToGraphText(const GraphDef& graph) { return Printed(Serialize(graph), text_format::kGraphDef); }

Result<std::string> ToAttrText(const Attr& attr) { return Printed(attr.bytes(), text_format::kAttrValue); }

Status WriteGraphText(const GraphDef& graph, const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const std::string text, ToGraphText(graph));
  return SaveFile(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace rivulet::prepare
