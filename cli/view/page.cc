// The page's own files (cli/view/page/) with the graph in their middle.
#include "cli/view/escape.h"
#include "cli/view/page_files.h"
#include "cli/view/write.h"

namespace rivulet::cli::view {
namespace {

void Replace(std::string_view mark, std::string_view text, std::string* page) {
  const size_t at = page->find(mark);
  if (at != std::string::npos) page->replace(at, mark.size(), text);
}

}  // namespace

std::string ToPage(std::span<const Picture> pictures) {
  std::string title;
  for (const Picture& picture : pictures) title += (title.empty() ? "" : " → ") + picture.graph->title;
  std::string page(PageHtml());
  // The data last: nothing is looked for behind it.
  Replace("@TITLE@", XmlText(title), &page);
  Replace("@STYLE@", PageStyle(), &page);
  Replace("@SCRIPT@", PageScript(), &page);
  Replace("@DATA@", ScriptJson(ToJson(pictures)), &page);
  return page;
}

}  // namespace rivulet::cli::view
