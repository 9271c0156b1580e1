#include "engine/import/sniff.h"

#include <algorithm>

namespace rivulet {
namespace {

struct Magic {
  size_t offset;
  std::string_view bytes;
  std::string_view description;
};

using std::string_view_literals::operator""sv;

constexpr Magic kMagics[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "a PNG picture"},
    {0, "\xff\xd8\xff"sv, "a JPEG picture"},
    {0, "GIF8"sv, "a GIF picture"},
    {0,
     "\x7f"
     "ELF"sv,
     "an ELF program"},
    {0, "\x1f\x8b"sv, "gzip-compressed data; decompress it first"},
    {0, "PK\x03\x04"sv, "a zip archive; unpack it first"},
    {0, "\x28\xb5\x2f\xfd"sv, "zstd-compressed data; decompress it first"},
    {4, "TFL3"sv, "a TensorFlow Lite model; the original TensorFlow graph is wanted"},
    {0, "version https://git-lfs"sv, "a Git LFS pointer; fetch the file itself"},
    {0, "<!DOCTYPE"sv, "an HTML page, perhaps an error page instead of the download"},
    {0, "<!doctype"sv, "an HTML page, perhaps an error page instead of the download"},
    {0, "<html"sv, "an HTML page, perhaps an error page instead of the download"},
    {0, "<HTML"sv, "an HTML page, perhaps an error page instead of the download"},
    {0, "<?xml"sv, "an XML file"},
    {0, "%PDF"sv, "a PDF document"},
    {0, "RIFF"sv, "a WAV or other RIFF file"},
    {0, "\x89HDF"sv, "an HDF5 file (a Keras .h5 model); save the model as a SavedModel with model.export()"},
    {0, "\x93NUMPY"sv, "a NumPy array"},
};

}  // namespace

bool LooksLikeText(std::span<const uint8_t> bytes) {
  const auto head = bytes.first(std::min<size_t>(bytes.size(), 4096));
  // A binary graph whose first node has a name of more than 4 KiB begins with a line feed, lengths of several bytes,
  // and text: no word of a text file begins with such a byte.
  const auto word = std::find_if(head.begin(), head.end(), [](uint8_t c) { return c > ' '; });
  const bool has_mark = head.size() > 1 && head[0] == 0xEF && head[1] == 0xBB;
  if (word != head.end() && *word >= 0x80 && !has_mark) return false;
  return !head.empty() && std::none_of(head.begin(), head.end(), [](uint8_t c) {
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
  });
}

std::string_view DescribeForeignFile(std::span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // A zip archive whose first file is the one that Keras 3 writes first.
  if (text.starts_with("PK\x03\x04"sv) && text.size() > 30 && text.substr(30).starts_with("metadata.json")) {
    return "a Keras .keras file; save the model as a SavedModel with model.export()";
  }
  for (const Magic& magic : kMagics) {
    if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes)) return magic.description;
  }
  if (LooksLikeText(bytes)) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[') &&
        text.find('"') != std::string_view::npos) {
      return "a JSON file";
    }
  }
  // ONNX: ir_version, then producer_name and its text. A SavedModel of version 1 begins alike, and is none of these.
  if (text.size() > 4 && text[0] == '\x08' && text[1] > 1 && text[1] < 32 && text[2] == '\x12') {
    return "an ONNX model; the original TensorFlow graph is wanted";
  }
  return {};
}

}  // namespace rivulet
