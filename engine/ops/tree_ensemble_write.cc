#include "engine/ops/tree_ensemble.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

// Fields as proto3 has them: a number that is zero, of either sign, is left out.
class Fields {
 public:
  Fields& Int(uint32_t field, int64_t value) {
    if (value != 0) writer_.Int(field, value);
    return *this;
  }
  Fields& Float(uint32_t field, float value) {
    if (value != 0) writer_.Float(field, value);
    return *this;
  }
  Fields& Message(uint32_t field, const Fields& message) {
    writer_.Bytes(field, message.bytes_);
    return *this;
  }
  Fields& Floats(uint32_t field, std::span<const float> values) {
    if (values.empty()) return *this;
    writer_.Tag(field, 2);
    writer_.BareVarint(values.size() * 4);
    for (const float value : values) writer_.BareFixed32(BitCast<uint32_t>(value));
    return *this;
  }
  Fields& Ints(uint32_t field, std::span<const int32_t> values) {
    Fields list;
    for (const int32_t value : values) list.writer_.BareVarint(static_cast<uint64_t>(int64_t{value}));
    return values.empty() ? *this : Message(field, list);
  }
  std::string Take() { return std::move(bytes_); }

  Fields() : writer_(&bytes_) {}
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

 private:
  std::string bytes_;
  WireWriter writer_;
};

void Write(const TreeLeaf& leaf, Fields* to) {
  Fields list;
  if (leaf.form == TreeLeaf::Form::kVector) to->Message(1, list.Floats(1, leaf.values));
  if (leaf.form == TreeLeaf::Form::kSparse) to->Message(2, list.Ints(1, leaf.indices).Floats(2, leaf.values));
  to->Float(3, leaf.scalar);
}

void Write(const TreeSplit& split, TreeNode::Kind kind, Fields* to) {
  to->Int(1, split.feature);
  kind == TreeNode::Kind::kDense ? to->Float(2, split.dense_threshold) : to->Int(2, split.threshold);
  to->Int(3, split.left).Int(4, split.right).Int(5, split.dimension).Int(6, split.default_direction);
}

void Write(const TreeNode& node, Fields* to) {
  Fields content;
  if (node.is_leaf()) {
    Write(node.leaf, &content);
  } else {
    Write(node.split, node.kind, &content);
  }
  if (node.kind != TreeNode::Kind::kNone) to->Message(static_cast<uint32_t>(node.kind), content);
  if (!node.has_metadata) return;
  Fields metadata, original;
  metadata.Float(1, node.gain);
  Write(node.original_leaf, &original);
  if (node.has_original_leaf) metadata.Message(2, original);
  to->Message(777, metadata);
}

void Write(const TreeMetadata& metadata, Fields* to) {
  to->Int(2, metadata.num_layers_grown).Int(3, metadata.is_finalized);
  for (const PrunedNode& pruned : metadata.pruned) {
    Fields update;
    to->Message(4, update.Int(1, pruned.node).Floats(2, pruned.change));
  }
}

}  // namespace

std::string WriteTreeEnsemble(const TreeEnsemble& ensemble) {
  Fields out;
  for (const DecisionTree& tree : ensemble.trees) {
    Fields nodes;
    for (const TreeNode& node : tree.nodes) {
      Fields fields;
      Write(node, &fields);
      nodes.Message(1, fields);
    }
    out.Message(1, nodes);
  }
  out.Floats(2, ensemble.weights);
  for (const TreeMetadata& metadata : ensemble.metadata) {
    Fields fields;
    Write(metadata, &fields);
    out.Message(3, fields);
  }
  if (ensemble.has_growing) {
    Fields growing;
    growing.Int(1, ensemble.num_trees_attempted).Int(2, ensemble.num_layers_attempted);
    out.Message(4, growing.Int(3, ensemble.last_layer_begin).Int(4, ensemble.last_layer_end));
  }
  return out.Take();
}

CheckedSize WrittenBytes(const TreeEnsemble& ensemble) {
  // A tag takes up to 2 bytes, a length up to 5, a number up to 10: of a node that makes less than 128 beside lists.
  CheckedSize bytes(64);
  const auto list = [&](size_t count, int64_t each) {
    bytes = bytes + CheckedSize(static_cast<int64_t>(count)) * CheckedSize(each);
  };
  list(ensemble.weights.size(), 4);
  for (const DecisionTree& tree : ensemble.trees) {
    list(tree.nodes.size() + 1, 128);
    for (const TreeNode& node : tree.nodes) {
      list(node.leaf.values.size() + node.original_leaf.values.size(), 4);
      list(node.leaf.indices.size() + node.original_leaf.indices.size(), 10);
    }
  }
  for (const TreeMetadata& metadata : ensemble.metadata) {
    list(metadata.pruned.size() + 1, 32);
    for (const PrunedNode& pruned : metadata.pruned) list(pruned.change.size(), 4);
  }
  return bytes;
}

}  // namespace rivulet
