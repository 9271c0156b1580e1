#include "prepare/function_def.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/graph/tensor_proto.h"
#include "prepare/wire_fields.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

enum : uint32_t { kLibrary = 2 };   // of GraphDef
enum : uint32_t { kFunction = 1 };  // of FunctionDefLibrary
enum : uint32_t { kSignature = 1, kNode = 3, kReturn = 4, kControlReturn = 6, kArgumentAttrs = 7 };  // of FunctionDef
enum : uint32_t { kName = 1, kInput = 2, kOutput = 3 };                                              // of OpDef
enum : uint32_t { kArgName = 1, kArgType = 3, kTypeAttr = 4, kNumberAttr = 5, kTypeListAttr = 6 };   // of ArgDef
enum : uint32_t { kKey = 1, kValue = 2 };                                                            // of an entry

Status ReadArg(std::span<const uint8_t> bytes, FunctionArg* arg) {
  return ReadMessage(bytes, &arg->rest, [&](WireCursor& field) {
    if (field.field() == kArgName) {
      arg->name = field.Text();
    } else if (field.field() == kArgType) {
      arg->type = DTypeFromFile(field.Int32());
    } else {
      if (field.field() == kNumberAttr || field.field() == kTypeListAttr) arg->is_one = false;
      return false;
    }
    return true;
  });
}

Status ReadPair(std::span<const uint8_t> bytes, std::vector<std::pair<std::string, std::string>>* pairs) {
  std::string unknown;
  auto& pair = pairs->emplace_back();
  return ReadMessage(bytes, &unknown, [&](WireCursor& field) {
    if (field.field() != kKey && field.field() != kValue) return false;
    (field.field() == kKey ? pair.first : pair.second) = field.Text();
    return true;
  });
}

Status ReadArgumentAttrs(std::span<const uint8_t> bytes, FunctionDef* function) {
  std::string unknown;
  auto& entry = function->argument_attrs.emplace_back(0, std::string());
  return ReadMessage(bytes, &unknown, [&](WireCursor& field) {
    if (field.field() == kKey) {
      entry.first = field.Int();
    } else if (field.field() == kValue) {
      entry.second = field.Text();
    } else {
      return false;
    }
    return true;
  });
}

Status ReadSignature(std::span<const uint8_t> bytes, FunctionDef* function) {
  Status status;
  const Status walked = ReadMessage(bytes, &function->signature_rest, [&](WireCursor& field) {
    if (field.field() == kName) {
      function->name = field.Text();
    } else if (field.field() == kInput || field.field() == kOutput) {
      auto& args = field.field() == kInput ? function->inputs : function->outputs;
      const Status read = ReadArg(field.Bytes(), &args.emplace_back());
      if (status.ok()) status = read;
    } else {
      return false;
    }
    return true;
  });
  return walked.ok() ? status : walked;
}

Result<FunctionDef> ReadFunction(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner) {
  FunctionDef function;
  Status status;
  const auto note = [&](Status read) {
    if (status.ok()) status = std::move(read);
    return true;
  };
  RIVULET_RETURN_IF_ERROR(ReadMessage(bytes, &function.rest, [&](WireCursor& field) {
    switch (field.field()) {
      case kSignature: return note(ReadSignature(field.Bytes(), &function));
      case kReturn: return note(ReadPair(field.Bytes(), &function.returns));
      case kControlReturn: return note(ReadPair(field.Bytes(), &function.control_returns));
      case kArgumentAttrs: return note(ReadArgumentAttrs(field.Bytes(), &function));
      case kNode: {
        Result<NodeDef> node = ParseNodeDef(field.Bytes(), owner);
        if (!node.ok()) return note(node.status());
        function.nodes.push_back(std::move(*node));
        return true;
      }
      default: return false;
    }
  }));
  RIVULET_RETURN_IF_ERROR(status);
  return function;
}

void AppendArg(uint32_t field, const FunctionArg& arg, std::string* out) {
  std::string bytes;
  AppendBytes(kArgName, arg.name, &bytes);
  if (arg.type != DType::kInvalid) AppendInt(kArgType, static_cast<int32_t>(arg.type), &bytes);
  bytes += arg.rest;
  AppendBytes(field, bytes, out);
}

void AppendPair(uint32_t field, const std::pair<std::string, std::string>& pair, std::string* out) {
  std::string bytes;
  AppendBytes(kKey, pair.first, &bytes);
  AppendBytes(kValue, pair.second, &bytes);
  AppendBytes(field, bytes, out);
}

std::string ToBytes(const FunctionDef& function) {
  std::string signature, out;
  AppendBytes(kName, function.name, &signature);
  for (const FunctionArg& arg : function.inputs) AppendArg(kInput, arg, &signature);
  for (const FunctionArg& arg : function.outputs) AppendArg(kOutput, arg, &signature);
  signature += function.signature_rest;
  AppendBytes(kSignature, signature, &out);
  out += SerializeNodes(function.nodes, kNode);
  for (const auto& pair : function.returns) AppendPair(kReturn, pair, &out);
  for (const auto& pair : function.control_returns) AppendPair(kControlReturn, pair, &out);
  for (const auto& [position, attrs] : function.argument_attrs) {
    std::string entry;
    AppendInt(kKey, position, &entry);
    AppendBytes(kValue, attrs, &entry);
    AppendBytes(kArgumentAttrs, entry, &out);
  }
  return out + function.rest;
}

}  // namespace

bool FunctionDef::IsPlain() const {
  const auto is_plain = [](const FunctionArg& arg) { return arg.is_one && arg.type != DType::kInvalid; };
  return std::all_of(inputs.begin(), inputs.end(), is_plain) && std::all_of(outputs.begin(), outputs.end(), is_plain);
}

const FunctionDef* FunctionLibrary::Find(std::string_view name) const {
  const auto place_all = [&] {
    for (; num_placed_ < functions.size(); ++num_placed_) places_.emplace(functions[num_placed_].name, num_placed_);
    return places_.find(std::string(name));
  };
  auto it = place_all();
  const bool is_old = num_placed_ > functions.size() || (it != places_.end() && functions[it->second].name != name);
  if (is_old) {
    places_.clear();
    num_placed_ = 0;
    it = place_all();
  }
  return it == places_.end() ? nullptr : &functions[it->second];
}

std::string FunctionLibrary::FreeName(std::string_view stem) const {
  return rivulet::FreeName(stem, functions.size(), [&](const std::string& name) { return Find(name) != nullptr; });
}

Result<FunctionLibrary> TakeLibrary(GraphDef& graph) {
  FunctionLibrary library;
  auto owner = std::make_shared<std::string>(std::move(graph.rest));
  graph.rest.clear();
  Status status;
  const auto read_library = [&](std::span<const uint8_t> bytes) {
    return ReadMessage(bytes, &library.rest, [&](WireCursor& field) {
      if (field.field() != kFunction) return false;
      Result<FunctionDef> function = ReadFunction(field.Bytes(), owner);
      if (!function.ok()) {
        if (status.ok()) status = Status(function.status()).Framed("the library");
      } else {
        library.functions.push_back(std::move(*function));
      }
      return true;
    });
  };
  RIVULET_RETURN_IF_ERROR(ReadMessage(BytesOf(*owner), &graph.rest, [&](WireCursor& field) {
    if (field.field() != kLibrary) return false;
    const Status read = read_library(field.Bytes());
    if (status.ok()) status = read;
    return true;
  }));
  RIVULET_RETURN_IF_ERROR(status);
  return library;
}

void PutLibrary(const FunctionLibrary& library, GraphDef& graph) {
  std::string bytes;
  for (const FunctionDef& function : library.functions) AppendBytes(kFunction, ToBytes(function), &bytes);
  bytes += library.rest;
  if (!bytes.empty()) AppendBytes(kLibrary, bytes, &graph.rest);
}

}  // namespace rivulet::prepare
