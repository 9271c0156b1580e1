// Named objects of the session that are no variables or tables: found by what they are, container and name.
#ifndef RIVULET_ENGINE_OPS_SESSION_OBJECT_H_
#define RIVULET_ENGINE_OPS_SESSION_OBJECT_H_

#include <memory>
#include <string>

#include "engine/ops/op.h"

namespace rivulet {

struct ObjectName {
  std::string container;
  std::string name;

  // A node without shared_name means an object of its own name. Objects of different kinds may have one name.
  ObjectName() = default;
  ObjectName(const Node& node, std::string_view kind)
      : container(Cat(kind, "s of ", AttrReader(node).Str("container"))), name(AttrReader(node).Str("shared_name")) {
    if (name.empty()) name = node.name;
  }
};

// The object, made by `make` when it is not there yet. Names of one container hold objects of one kind.
template <typename T, typename Make>
Result<std::shared_ptr<T>> FindOrMake(const RunContext& c, const ObjectName& name, const Make& make) {
  if (c.resources() == nullptr) return Internal("a ", T::kKind, " without a session");
  RIVULET_ASSIGN_OR_RETURN(ObjectRef object, c.resources()->GetOrMake(name.container, name.name, make));
  if (object->kind() != T::kKind) return InvalidArgument(Quoted(name.name), " is a ", object->kind());
  return std::static_pointer_cast<T>(std::move(object));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SESSION_OBJECT_H_
