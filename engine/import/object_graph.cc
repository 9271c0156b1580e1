#include "engine/import/object_graph.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/graph/tensor_proto.h"

namespace rivulet {
namespace {

struct Child {
  int32_t node = 0;
  std::string_view name;
};

// A path is for people: longer or deeper ones lose their beginning.
constexpr size_t kMostDepth = 100;
constexpr size_t kMostPath = 500;

Status ReadChild(WireCursor message, Child* child) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: child->node = message.Int32(); break;
      case 2: child->name = message.Text(); break;
      default: message.Skip();
    }
  }
  return message.status();
}

// The shortest path to each node from node 0, breadth first.
class Paths {
 public:
  Paths(const std::vector<std::vector<Child>>& children, const Limits& limits)
      : parents_(children.size(), -1), names_(children.size()), left_(limits.index_bytes) {
    if (children.empty()) return;
    std::vector<int32_t> queue = {0};
    parents_[0] = 0;
    for (size_t head = 0; head < queue.size(); ++head) {
      const auto node = static_cast<size_t>(queue[head]);
      for (const Child& child : children[node]) {
        if (child.node < 0 || static_cast<size_t>(child.node) >= children.size()) continue;
        const auto next = static_cast<size_t>(child.node);
        if (parents_[next] >= 0) continue;
        parents_[next] = queue[head];
        names_[next] = child.name;
        queue.push_back(child.node);
      }
    }
  }

  // Empty for what no path leads to, and when the paths made so far have used up limits.index_bytes.
  std::string To(size_t node) {
    std::string path;
    if (parents_[node] < 0 || left_ < 0) return path;
    for (size_t depth = 0; node != 0; ++depth) {
      if (depth == kMostDepth || path.size() + names_[node].size() > kMostPath) {
        path = "…/" + path;
        break;
      }
      path = path.empty() ? std::string(names_[node]) : Cat(names_[node], "/", path);
      node = static_cast<size_t>(parents_[node]);
    }
    left_ -= static_cast<int64_t>(path.size());
    return path;
  }

 private:
  std::vector<int32_t> parents_;
  std::vector<std::string_view> names_;
  int64_t left_;
};

Status ReadSerialized(WireCursor message, TrackedValue* value) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: value->attribute = std::string(message.Text()); break;
      case 2: value->full_name = std::string(message.Text()); break;
      case 3: value->key = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  return message.status();
}

Status ReadVariable(WireCursor message, const Limits& limits, SavedObject* object) {
  Status nested;
  while (message.Next()) {
    switch (message.field()) {
      case 1: object->dtype = DTypeFromFile(message.Int32()); break;
      case 2: object->shape = ReadShape(message.Message(), limits, &nested); break;
      case 3: object->trainable = message.Bool(); break;
      case 6: object->name = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(nested);
  return message.status();
}

// Text field `field` of the message, all times that it comes.
Status ReadTexts(WireCursor message, uint32_t field, std::vector<std::string>* out) {
  while (message.Next()) {
    if (message.field() == field && message.type() == WireType::kBytes) {
      out->emplace_back(message.Text());
    } else {
      message.Skip();
    }
  }
  return message.status();
}

Status ReadObject(WireCursor message, const Limits& limits, SavedObject* object, std::vector<Child>* children) {
  using Kind = SavedObject::Kind;
  while (message.Next()) {
    switch (message.field()) {
      case 1: RIVULET_RETURN_IF_ERROR(ReadChild(message.Message(), &children->emplace_back())); break;
      case 4: {
        std::vector<std::string> identifier;
        RIVULET_RETURN_IF_ERROR(ReadTexts(message.Message(), 1, &identifier));
        if (!identifier.empty()) object->name = identifier.back();
        break;
      }
      case 5:
        object->kind = Kind::kAsset;
        message.Skip();
        break;
      case 6:
      case 8:
        object->kind = Kind::kFunction;
        RIVULET_RETURN_IF_ERROR(ReadTexts(message.Message(), 1, &object->functions));
        break;
      case 7:
        object->kind = Kind::kVariable;
        RIVULET_RETURN_IF_ERROR(ReadVariable(message.Message(), limits, object));
        break;
      case 9:
        object->kind = Kind::kConstant;
        message.Skip();
        break;
      case 10:
        object->kind = Kind::kResource;
        message.Skip();
        break;
      default: message.Skip();
    }
  }
  return message.status();
}

}  // namespace

Result<std::vector<TrackedValue>> ReadTrackedValues(std::span<const uint8_t> bytes, const Limits& limits) {
  std::vector<std::vector<Child>> children;
  std::vector<TrackedValue> values;
  std::vector<size_t> nodes;  // of each value
  WireCursor file(bytes, 0);
  while (file.Next()) {
    if (file.field() != 1) {
      file.Skip();
      continue;
    }
    std::vector<Child>& own = children.emplace_back();
    WireCursor node = file.Message();
    while (node.Next()) {
      if (node.field() == 1) {
        RIVULET_RETURN_IF_ERROR(ReadChild(node.Message(), &own.emplace_back()));
      } else if (node.field() == 2) {
        RIVULET_RETURN_IF_ERROR(ReadSerialized(node.Message(), &values.emplace_back()));
        nodes.push_back(children.size() - 1);
      } else {
        node.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(node.status());
  }
  RIVULET_RETURN_IF_ERROR(file.status());
  Paths paths(children, limits);
  for (size_t i = 0; i < values.size(); ++i) values[i].path = paths.To(nodes[i]);
  return values;
}

Result<std::vector<SavedObject>> ReadSavedObjects(WireCursor message, const Limits& limits) {
  std::vector<std::vector<Child>> children;
  std::vector<SavedObject> objects;
  while (message.Next()) {
    if (message.field() != 1) {
      message.Skip();
      continue;
    }
    RIVULET_RETURN_IF_ERROR(ReadObject(message.Message(), limits, &objects.emplace_back(), &children.emplace_back()));
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  Paths paths(children, limits);
  for (size_t i = 0; i < objects.size(); ++i) objects[i].path = paths.To(i);
  return objects;
}

}  // namespace rivulet
