// A protobuf message in memory, by its type: read from wire bytes or from text, written as wire bytes in the order of
// the field numbers. Depth is bounded, and whoever reads has charged kBytesPerByte for each byte of the input.
#ifndef RIVULET_ENGINE_OPS_MESSAGE_TREE_H_
#define RIVULET_ENGINE_OPS_MESSAGE_TREE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ops/message_types.h"

namespace rivulet {

struct MessageTree {
  explicit MessageTree(const MessageType* of) : type(of) {}

  struct Value {
    uint64_t bits = 0;  // a number: sign-extended integer, or the bits of the float or double
    std::string text;
    std::unique_ptr<MessageTree> message;
  };

  const MessageType* type;
  std::map<const FieldType*, std::vector<Value>, bool (*)(const FieldType*, const FieldType*)> fields{
      [](const FieldType* a, const FieldType* b) { return a->number < b->number; }};
  std::string unknown;  // fields that the type lacks, as they were

  static constexpr int kDeepest = 100;
  static constexpr int64_t kBytesPerByte = 128;
};

// Later fields overwrite earlier ones or are merged with them, as protobuf does. Broken bytes are INVALID_ARGUMENT, as
// is text of a proto3 string that is no UTF-8, and a required field that is missing.
Status ReadMessage(std::string_view bytes, MessageTree* tree);

// The text format. A field that is no repeated one may be there once.
Status ReadMessageText(std::string_view text, MessageTree* tree);

void WriteMessage(const MessageTree& tree, std::string* out);

// INVALID_ARGUMENT when a required field is missing, at any depth.
Status CheckRequired(const MessageTree& tree);

// The fields of the same oneof go away.
void ClearOneof(const FieldType& field, MessageTree* tree);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MESSAGE_TREE_H_
