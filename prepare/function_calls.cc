#include "prepare/function_calls.h"

#include "prepare/function_def.h"
#include "prepare/names.h"
#include "prepare/wire_fields.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

enum : uint32_t { kGradient = 2 };                          // of FunctionDefLibrary
enum : uint32_t { kList = 1, kCall = 10, kListCalls = 9 };  // of AttrValue
enum : uint32_t { kName = 1 };                              // of NameAttrList
enum : uint32_t { kKey = 1, kValue = 2 };                   // of an entry, and of GradientDef

// Calls visit(name) for the NameAttrLists of a value, in their order.
template <typename Visit>
Status VisitCalls(std::string_view value, const Visit& visit) {
  std::string other;
  Status status;
  const auto read_call = [&](std::span<const uint8_t> call) {
    std::string_view name;
    std::string unknown;
    const Status read = ReadMessage(call, &unknown, [&](WireCursor& field) {
      if (field.field() != kName) return false;
      name = field.Text();
      return true;
    });
    if (status.ok()) status = read;
    visit(name, unknown);
  };
  RIVULET_RETURN_IF_ERROR(ReadMessage(BytesOf(value), &other, [&](WireCursor& field) {
    if (field.field() == kCall && field.type() == WireType::kBytes) {
      read_call(field.Bytes());
    } else if (field.field() == kList && field.type() == WireType::kBytes) {
      const Status read = ReadMessage(field.Bytes(), &other, [&](WireCursor& item) {
        if (item.field() != kListCalls || item.type() != WireType::kBytes) return false;
        read_call(item.Bytes());
        return true;
      });
      if (status.ok()) status = read;
    } else {
      return false;
    }
    return true;
  }));
  return status;
}

// The function and its gradient, of a GradientDef.
std::pair<std::string, std::string> ReadGradient(std::span<const uint8_t> bytes) {
  std::pair<std::string, std::string> names;
  WireCursor cursor(bytes, 0);
  while (cursor.Next()) {
    switch (cursor.field()) {
      case kKey: names.first = cursor.Text(); break;
      case kValue: names.second = cursor.Text(); break;
      default: cursor.Skip();
    }
  }
  return names;
}

// The functions that a value names, also within the attributes that a call gives; nesting is the file's to choose.
void CollectCalls(std::string_view value, int depth, std::vector<std::string>* names) {
  constexpr int kDeepest = 16;
  constexpr uint32_t kCallAttrs = 2;
  if (depth > kDeepest) return;
  (void)VisitCalls(value, [&](std::string_view name, std::string& rest) {
    names->emplace_back(name);
    WireCursor call(BytesOf(rest), 0);
    while (call.Next()) {
      if (call.field() != kCallAttrs || call.type() != WireType::kBytes) {
        call.Skip();
        continue;
      }
      WireCursor entry = call.Message();
      while (entry.Next()) {
        if (entry.field() == kValue && entry.type() == WireType::kBytes) {
          CollectCalls(entry.Text(), depth + 1, names);
        } else {
          entry.Skip();
        }
      }
    }
  });
}

// Which functions of a library are called; by a list of what is to be looked at, since calls may be nested deeply.
class CallWalk {
 public:
  explicit CallWalk(const FunctionLibrary& library) {
    for (const FunctionDef& function : library.functions) by_name_.emplace(function.name, &function);
  }

  void Visit(const std::vector<NodeDef>& nodes) {
    Look(nodes);
    while (!waiting_.empty()) {
      const FunctionDef* function = waiting_.back();
      waiting_.pop_back();
      Look(function->nodes);
    }
  }
  void Call(const std::string& name) {
    const auto function = by_name_.find(name);
    if (function != by_name_.end() && called_.insert(name).second) waiting_.push_back(function->second);
  }
  bool Has(const std::string& name) const { return called_.contains(name); }

 private:
  void Look(const std::vector<NodeDef>& nodes) {
    std::vector<std::string> names;
    for (const NodeDef& node : nodes) {
      Call(node.op);
      names.clear();
      for (const auto& entry : node.attrs) CollectCalls(entry.second.bytes(), 0, &names);
      for (const std::string& name : names) Call(name);
    }
  }

  NameViewMap<const FunctionDef*> by_name_;
  NameSet called_;
  std::vector<const FunctionDef*> waiting_;
};

}  // namespace

std::vector<std::string> FunctionsIn(const Attr& attr) {
  std::vector<std::string> names;
  const Status status =
      VisitCalls(attr.bytes(), [&](std::string_view name, std::string&) { names.emplace_back(name); });
  return status.ok() ? names : std::vector<std::string>();
}

Attr WithFunctions(const Attr& attr, const std::vector<std::string>& names) {
  const bool is_list = !attr.bytes().empty() && (static_cast<uint8_t>(attr.bytes()[0]) >> 3) == kList;
  std::string value, out;
  size_t next = 0;
  (void)VisitCalls(attr.bytes(), [&](std::string_view name, std::string& rest) {
    std::string call;
    AppendBytes(kName, next < names.size() ? std::string_view(names[next]) : name, &call);
    AppendBytes(is_list ? kListCalls : kCall, call + rest, &value);
    ++next;
  });
  if (is_list) {
    AppendBytes(kList, value, &out);
  } else {
    out = value;
  }
  auto owned = std::make_shared<std::string>(std::move(out));
  const std::string_view view = *owned;
  return Attr(view, std::move(owned));
}

Status DropUncalledFunctions(GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(FunctionLibrary library, TakeLibrary(graph));
  CallWalk walk(library);
  walk.Visit(graph.nodes);
  std::vector<FunctionDef> kept;
  // A gradient is called where its function is.
  std::string gradients, unknown;
  RIVULET_RETURN_IF_ERROR(ReadMessage(BytesOf(library.rest), &unknown, [&](WireCursor& field) {
    if (field.field() != kGradient) return false;
    const std::span<const uint8_t> bytes = field.Bytes();
    const auto [function, gradient] = ReadGradient(bytes);
    if (walk.Has(function)) {
      walk.Call(gradient);
      walk.Visit({});
      AppendBytes(kGradient, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, &gradients);
    }
    return true;
  }));
  for (const FunctionDef& function : library.functions) {
    if (walk.Has(function.name)) kept.push_back(function);
  }
  library.functions = std::move(kept);
  library.rest = library.functions.empty() ? std::string() : gradients + unknown;
  PutLibrary(library, graph);
  return Status();
}

}  // namespace rivulet::prepare
