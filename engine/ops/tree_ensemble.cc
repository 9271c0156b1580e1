#include "engine/ops/tree_ensemble.h"

#include "engine/base/bit_cast.h"
#include "engine/base/wire.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {

HeldBytes::~HeldBytes() {
  if (allocator_ != nullptr) allocator_->Release(bytes_);
}

Status HeldBytes::Add(CheckedSize bytes, Allocator& allocator) {
  if (!bytes.valid()) return ResourceExhausted("the trees are larger than any memory");
  const auto count = static_cast<size_t>(bytes.value());
  RIVULET_RETURN_IF_ERROR(allocator.Charge(count));
  if (allocator_ == nullptr) allocator_ = allocator.shared_from_this();
  bytes_ += count;
  return Status();
}

namespace {

// ---- Reading ----
//
// As protobuf does it: a field of another wire type counts as unknown, a message that comes twice is merged, of several
// members of a oneof the last one stays.

class Reader {
 public:
  Reader(Allocator& allocator, HeldBytes* held, const StopToken& stop)
      : allocator_(allocator), held_(held), stop_(stop) {}

  Status Ensemble(WireCursor wire, TreeEnsemble* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (w.field() == 1 && IsMessage(w)) return Nested(w, &to->trees, &Reader::Tree);
      if (w.field() == 2) return Floats(w, &to->weights);
      if (w.field() == 3 && IsMessage(w)) return Nested(w, &to->metadata, &Reader::Metadata);
      if (w.field() != 4 || !IsMessage(w)) return Skip(w);
      to->has_growing = true;
      return Growing(w.Message(), to);
    });
  }

 private:
  static bool IsMessage(const WireCursor& w) { return w.type() == WireType::kBytes; }
  static Status Skip(WireCursor& w) {
    w.Skip();
    return Status();
  }
  // Reads a number where it is one.
  static Status Int(WireCursor& w, int32_t* to) {
    if (w.type() != WireType::kVarint) return Skip(w);
    *to = w.Int32();
    return Status();
  }
  static Status Int(WireCursor& w, int64_t* to) {
    if (w.type() != WireType::kVarint) return Skip(w);
    *to = w.Int();
    return Status();
  }
  static Status Float(WireCursor& w, float* to) {
    if (w.type() != WireType::kFixed32) return Skip(w);
    *to = BitCast<float>(w.Fixed32());
    return Status();
  }

  template <typename Read>
  static Status Fields(WireCursor& wire, const Read& read) {
    while (wire.Next()) RIVULET_RETURN_IF_ERROR(read(wire));
    return wire.status();
  }

  template <typename T>
  Status Append(std::vector<T>* list, T value) {
    RIVULET_RETURN_IF_ERROR(held_->Add(GrowingBytes<T>(1), allocator_));
    list->push_back(std::move(value));
    return Status();
  }

  template <typename T>
  Status Nested(WireCursor& w, std::vector<T>* list, Status (Reader::*read)(WireCursor, T*)) {
    const WireCursor message = w.Message();
    RIVULET_RETURN_IF_ERROR(w.status());
    RIVULET_RETURN_IF_ERROR(Append(list, T()));
    return (this->*read)(message, &list->back());
  }

  Status Floats(WireCursor& w, std::vector<float>* list) {
    if (w.type() == WireType::kFixed32) return Append(list, BitCast<float>(w.Fixed32()));
    if (w.type() != WireType::kBytes) return Skip(w);
    const std::span<const uint8_t> packed = w.Bytes();
    if (packed.size() % 4 != 0) return InvalidArgument("a packed list ends inside of a number");
    RIVULET_RETURN_IF_ERROR(held_->Add(GrowingBytes<float>(static_cast<int64_t>(packed.size() / 4)), allocator_));
    for (size_t i = 0; i < packed.size(); i += 4) {
      uint32_t bits = 0;
      for (size_t k = 0; k < 4; ++k) bits |= uint32_t{packed[i + k]} << (8 * k);
      list->push_back(BitCast<float>(bits));
    }
    return Status();
  }

  Status Ints(WireCursor& w, std::vector<int32_t>* list) {
    if (w.type() == WireType::kVarint) return Append(list, w.Int32());
    if (w.type() != WireType::kBytes) return Skip(w);
    uint64_t value = 0;
    int bits = 0;
    for (const uint8_t byte : w.Bytes()) {
      if (bits > 63) return InvalidArgument("a packed list has a broken number");
      value |= static_cast<uint64_t>(byte & 0x7F) << bits;
      bits += 7;
      if (byte >= 0x80) continue;
      RIVULET_RETURN_IF_ERROR(Append(list, static_cast<int32_t>(static_cast<uint32_t>(value))));
      value = 0;
      bits = 0;
    }
    return bits == 0 ? Status() : InvalidArgument("a packed list ends inside of a number");
  }

  Status Tree(WireCursor wire, DecisionTree* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (w.field() != 1 || !IsMessage(w)) return Skip(w);
      if (to->nodes.size() % 1024 == 1023) RIVULET_RETURN_IF_ERROR(stop_.Why());
      return Nested(w, &to->nodes, &Reader::Node);
    });
  }

  Status Node(WireCursor wire, TreeNode* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (!IsMessage(w)) return Skip(w);
      const auto become = [&](TreeNode::Kind kind) {
        if (to->kind == kind) return;
        to->kind = kind;
        to->leaf = {};
        to->split = {};
      };
      switch (w.field()) {
        case 1: become(TreeNode::Kind::kLeaf); return Leaf(w.Message(), &to->leaf);
        case 2: become(TreeNode::Kind::kBucketized); return Split(w.Message(), to->kind, &to->split);
        case 3: become(TreeNode::Kind::kCategorical); return Split(w.Message(), to->kind, &to->split);
        case 4: become(TreeNode::Kind::kDense); return Split(w.Message(), to->kind, &to->split);
        case 777: to->has_metadata = true; return NodeMetadata(w.Message(), to);
        default: return Skip(w);
      }
    });
  }

  Status NodeMetadata(WireCursor wire, TreeNode* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (w.field() == 1) return Float(w, &to->gain);
      if (w.field() != 2 || !IsMessage(w)) return Skip(w);
      to->has_original_leaf = true;
      return Leaf(w.Message(), &to->original_leaf);
    });
  }

  Status Leaf(WireCursor wire, TreeLeaf* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (w.field() == 3) return Float(w, &to->scalar);
      if ((w.field() != 1 && w.field() != 2) || !IsMessage(w)) return Skip(w);
      const auto form = w.field() == 1 ? TreeLeaf::Form::kVector : TreeLeaf::Form::kSparse;
      if (to->form != form) {
        to->values.clear();
        to->indices.clear();
        to->form = form;
      }
      const uint32_t values = w.field();  // their number in either message
      WireCursor nested = w.Message();
      return Fields(nested, [&](WireCursor& v) -> Status {
        if (v.field() == values) return Floats(v, &to->values);
        if (v.field() == 1) return Ints(v, &to->indices);
        return Skip(v);
      });
    });
  }

  Status Split(WireCursor wire, TreeNode::Kind kind, TreeSplit* to) {
    const bool is_dense = kind == TreeNode::Kind::kDense;
    return Fields(wire, [&](WireCursor& w) -> Status {
      switch (w.field()) {
        case 1: return Int(w, &to->feature);
        case 2: return is_dense ? Float(w, &to->dense_threshold) : Int(w, &to->threshold);
        case 3: return Int(w, &to->left);
        case 4: return Int(w, &to->right);
        case 5: return is_dense ? Skip(w) : Int(w, &to->dimension);
        case 6: return kind == TreeNode::Kind::kBucketized ? Int(w, &to->default_direction) : Skip(w);
        default: return Skip(w);
      }
    });
  }

  Status Metadata(WireCursor wire, TreeMetadata* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (w.field() == 2) return Int(w, &to->num_layers_grown);
      if (w.field() == 4 && IsMessage(w)) return Nested(w, &to->pruned, &Reader::Pruned);
      if (w.field() != 3 || w.type() != WireType::kVarint) return Skip(w);
      to->is_finalized = w.Bool();
      return Status();
    });
  }

  Status Pruned(WireCursor wire, PrunedNode* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      if (w.field() == 1) return Int(w, &to->node);
      return w.field() == 2 ? Floats(w, &to->change) : Skip(w);
    });
  }

  static Status Growing(WireCursor wire, TreeEnsemble* to) {
    return Fields(wire, [&](WireCursor& w) -> Status {
      switch (w.field()) {
        case 1: return Int(w, &to->num_trees_attempted);
        case 2: return Int(w, &to->num_layers_attempted);
        case 3: return Int(w, &to->last_layer_begin);
        case 4: return Int(w, &to->last_layer_end);
        default: return Skip(w);
      }
    });
  }

  Allocator& allocator_;
  HeldBytes* held_;
  const StopToken& stop_;
};

}  // namespace

Result<TreeEnsemble> ReadTreeEnsemble(std::string_view message, Allocator& allocator, HeldBytes* held,
                                      const StopToken& stop) {
  TreeEnsemble ensemble;
  const WireCursor wire({reinterpret_cast<const uint8_t*>(message.data()), message.size()}, 0);
  Status status = Reader(allocator, held, stop).Ensemble(wire, &ensemble);
  if (status.code() == Code::kDataLoss || status.code() == Code::kInvalidArgument) {
    return InvalidArgument("this is no tree ensemble: ", status.message());
  }
  RIVULET_RETURN_IF_ERROR(status);
  return ensemble;
}

}  // namespace rivulet
