// What a user should know besides success.
#ifndef RIVULET_CLI_NOTES_H_
#define RIVULET_CLI_NOTES_H_

#include <string>
#include <string_view>

namespace rivulet::cli {

// "note: 'model.pb': what it is" on stderr.
void PrintNote(const std::string& model, std::string_view note);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_NOTES_H_
