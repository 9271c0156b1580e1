// The files of cli/view/page/, put into the program by embed.cmake.
#ifndef RIVULET_CLI_VIEW_PAGE_FILES_H_
#define RIVULET_CLI_VIEW_PAGE_FILES_H_

#include <string_view>

namespace rivulet::cli::view {

std::string_view PageHtml();
std::string_view PageStyle();
std::string_view PageScript();

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_PAGE_FILES_H_
