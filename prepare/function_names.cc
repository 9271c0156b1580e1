#include "prepare/function_names.h"

#include "engine/base/wire.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

enum : uint32_t { kLibrary = 2, kFunction = 1, kSignature = 1, kName = 1 };  // of GraphDef down to OpDef

// Calls read(message) for each field of that number.
template <typename Read>
void ForEach(WireCursor message, uint32_t field, Status* status, const Read& read) {
  while (message.Next()) {
    if (message.field() == field) {
      read(message);
    } else {
      message.Skip();
    }
  }
  if (status->ok()) *status = message.status();
}

}  // namespace

Result<NameSet> FunctionNames(const GraphDef& graph) {
  NameSet names;
  Status status;
  const WireCursor rest({reinterpret_cast<const uint8_t*>(graph.rest.data()), graph.rest.size()}, 0);
  ForEach(rest, kLibrary, &status, [&](WireCursor& library) {
    ForEach(library.Message(), kFunction, &status, [&](WireCursor& function) {
      ForEach(function.Message(), kSignature, &status, [&](WireCursor& signature) {
        ForEach(signature.Message(), kName, &status, [&](WireCursor& name) { names.emplace(name.Text()); });
      });
    });
  });
  RIVULET_RETURN_IF_ERROR(status);
  return names;
}

}  // namespace rivulet::prepare
