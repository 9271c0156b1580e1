// Makes MessageTypes: fields are added with the names of their types, which are looked up at the end.
#ifndef RIVULET_ENGINE_OPS_MESSAGE_TYPES_BUILDER_H_
#define RIVULET_ENGINE_OPS_MESSAGE_TYPES_BUILDER_H_

#include "engine/ops/message_types.h"

namespace rivulet {

class MessageTypesBuilder {
 public:
  // Null when the name is there already.
  MessageType* AddMessage(const std::string& full_name);
  EnumType* AddEnum(const std::string& full_name);

  // The field's type: a full name that begins with a dot, or one relative to `scope`. `has_kind` is false when only the
  // name says whether it is a message or an enum.
  struct Pending {
    FieldType field;
    std::string scope;  // of the names
    std::string owner;  // the message that has the field, as the type is named
    std::string type_name;
    std::string default_value;
    bool is_extension = false;
    bool has_kind = true;
    bool has_default = false;
  };
  void AddField(Pending pending) { pending_.push_back(std::move(pending)); }

  Result<std::shared_ptr<const MessageTypes>> Build();

 private:
  template <typename Map>
  static typename Map::mapped_type* Look(Map& map, const std::string& scope, const std::string& name);
  Status Resolve(Pending& pending);
  Status SetDefault(Pending& pending);

  std::shared_ptr<MessageTypes> types_ = std::make_shared<MessageTypes>();
  std::vector<Pending> pending_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MESSAGE_TYPES_BUILDER_H_
