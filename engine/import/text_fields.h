// The messages that the text format knows: their fields' names, numbers and kinds.
#ifndef RIVULET_ENGINE_IMPORT_TEXT_FIELDS_H_
#define RIVULET_ENGINE_IMPORT_TEXT_FIELDS_H_

#include <cstdint>
#include <string_view>

namespace rivulet::text_format {

enum class Kind : uint8_t {
  kInt,
  kBool,
  kFloat,
  kDouble,
  kBytes,
  kEnum,         // of DataType
  kIgnoredEnum,  // of another type, whose value nobody needs
  kMessage,
};
enum Message : uint8_t {
  kGraphDef,
  kNodeDef,
  kAttrEntry,
  kAttrValue,
  kListValue,
  kNameAttrList,
  kTensorProto,
  kTensorShape,
  kDim,
  kVersions,
  kLibrary,
  kFunctionDef,
  kOpDef,
  kArgDef,
  kAttrDef,
  kStringEntry,
  kGradient,
  kSavedModel,
  kMetaGraphDef,
  kMetaInfo,
  kSaverDef,
  kCollectionEntry,
  kCollection,
  kTextList,
  kIntList,
  kFloatList,
  kAnyList,
  kAny,
  kSignatureEntry,
  kSignatureDef,
  kTensorInfoEntry,
  kTensorInfo,
  kSparseInfo,
  kCompositeInfo,
  kTensorEntry,
  kAssetFileDef,
  kObjectGraph,
  kObject,
  kObjectReference,
  kUserObject,
  kAssetObject,
  kFunctionObject,
  kVariableObject,
  kBareFunction,
  kConstantObject,
  kResourceObject,
  kCheckpointState,
  kOpaque,  // read over, not kept
  kNone,
};

// In an order that leaves no gaps: there are many.
struct Field {
  const char* name;
  Message in;
  uint8_t number;
  Kind kind;
  Message type = kNone;
};

// Null when the message has no such field.
const Field* FindField(Message message, std::string_view name);
const Field* FindField(Message message, uint32_t number);

// "DT_FLOAT" as its number, "DT_FLOAT_REF" too; -1 for another word.
int TypeNumber(std::string_view word);
// "DT_FLOAT" for its number; empty for a number that no type has, or a reference's.
std::string_view TypeWord(int number);

// Any.type_url and Any.value, which hold the name and the message that a text writes out.
inline constexpr uint32_t kAnyTypeUrl = 1;
inline constexpr uint32_t kAnyValue = 2;

}  // namespace rivulet::text_format

#endif  // RIVULET_ENGINE_IMPORT_TEXT_FIELDS_H_
