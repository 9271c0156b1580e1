#include "engine/import/checkpoint_state.h"

#include "engine/base/errors.h"
#include "engine/base/wire.h"
#include "engine/import/text_proto.h"

namespace rivulet {

Result<std::string> LatestCheckpoint(const FileSource& folder, const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, folder.Open("checkpoint"));
  const auto read = [&]() -> Result<std::string> {
    const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    RIVULET_ASSIGN_OR_RETURN(const std::vector<uint8_t> wire, TextToWire(text, TextRoot::kCheckpointState, limits));
    std::string path;
    WireCursor state(wire, 0);
    while (state.Next()) {
      if (state.field() == 1) {
        path = std::string(state.Text());
      } else {
        state.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(state.status());
    if (path.empty()) return InvalidArgument("model_checkpoint_path is missing");
    Status inside = CheckInside(path);
    if (!inside.ok()) return std::move(inside).Framed("model_checkpoint_path");
    return path;
  };
  Result<std::string> path = read();
  if (!path.ok()) return std::move(path).status().Framed(Quoted(folder.Describe("checkpoint")));
  return path;
}

}  // namespace rivulet
