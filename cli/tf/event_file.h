// Event files: what TensorBoard reads.
#ifndef RIVULET_CLI_TF_EVENT_FILE_H_
#define RIVULET_CLI_TF_EVENT_FILE_H_

#include <string>
#include <string_view>

#include "rivulet/status.h"

namespace rivulet::tf {

// A record: length, its checksum, the bytes, theirs.
std::string RecordOf(std::string_view bytes);

// Writes FOLDER/events.out.tfevents.SECONDS.HOST with the serialised graph; folders that are missing are made. Gives
// the file's path.
Result<std::string> WriteGraphEvents(const std::string& folder, std::string_view graph_def);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_EVENT_FILE_H_
