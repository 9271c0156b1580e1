#include "cli/shrink_picture.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "cli/html_page.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

using Pixels = std::vector<uint32_t>;  // places of pixels

// Some of a picture's pixels, that become one colour.
struct Box {
  Pixels pixels;
  int channel = 0;    // in which they differ most
  double spread = 0;  // and how much: the sum of squares about the mean
  std::array<uint8_t, 3> mean{};
};

Box BoxOf(Pixels pixels, const std::vector<uint8_t>& picture) {
  Box box{.pixels = std::move(pixels)};
  const auto count = static_cast<double>(box.pixels.size());
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (const uint32_t pixel : box.pixels) {
      const double value = picture[3 * size_t{pixel} + c];
      sum += value;
      squares += value * value;
    }
    const double spread = squares - sum * sum / count;
    box.mean[c] = static_cast<uint8_t>(sum / count + 0.5);
    if (spread > box.spread) {
      box.spread = spread;
      box.channel = static_cast<int>(c);
    }
  }
  return box;
}

// Below and above the box's mean, in the channel in which it is widest.
std::pair<Pixels, Pixels> Split(const Box& box, const std::vector<uint8_t>& picture) {
  const auto channel = static_cast<size_t>(box.channel);
  double sum = 0;
  for (const uint32_t pixel : box.pixels) sum += picture[3 * size_t{pixel} + channel];
  const double mean = sum / static_cast<double>(box.pixels.size());
  std::pair<Pixels, Pixels> halves;
  for (const uint32_t pixel : box.pixels) {
    (picture[3 * size_t{pixel} + channel] <= mean ? halves.first : halves.second).push_back(pixel);
  }
  return halves;
}

}  // namespace

// The box that is farthest from one colour is split until there are enough.
void ReduceColors(int colors, std::vector<uint8_t>* picture) {
  Pixels all(picture->size() / 3);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint32_t>(i);
  if (all.empty()) return;
  std::vector<Box> boxes;
  boxes.push_back(BoxOf(std::move(all), *picture));
  const auto narrower = [](const Box& a, const Box& b) { return a.spread < b.spread; };
  while (boxes.size() < static_cast<size_t>(colors)) {
    const auto widest = std::max_element(boxes.begin(), boxes.end(), narrower);
    if (widest->spread < 0.5) break;  // one colour, but for rounding
    auto [below, above] = Split(*widest, *picture);
    if (above.empty()) break;
    *widest = BoxOf(std::move(below), *picture);
    boxes.push_back(BoxOf(std::move(above), *picture));
  }
  for (const Box& box : boxes) {
    for (const uint32_t pixel : box.pixels)
      std::copy(box.mean.begin(), box.mean.end(), picture->begin() + 3 * ptrdiff_t{pixel});
  }
}

Result<Picture> ReadPicture(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 30));
  const auto read = [&]() -> Result<Picture> {
    ImageOptions options;
    options.channels = 3;
    options.first_frame_only = true;
    Picture picture;
    RIVULET_ASSIGN_OR_RETURN(picture.info, InspectImage(file.bytes, options));
    picture.bytes.resize(static_cast<size_t>(picture.info.bytes()));
    RIVULET_RETURN_IF_ERROR(DecodeImage(file.bytes, options, picture.bytes));
    if (picture.info.channels != 3 || picture.info.frames != 1) {
      return InvalidArgument("want a picture of red, green and blue");
    }
    return picture;
  };
  Result<Picture> picture = read();
  if (!picture.ok()) return std::move(picture).status().Framed(Quoted(path));
  return picture;
}

Result<std::string> PngOf(const Picture& picture) { return EncodePng(picture.bytes, picture.info, {.compression = 9}); }

Status ShrinkPicture(const std::string& path, int colors, const std::string& out) {
  RIVULET_ASSIGN_OR_RETURN(Picture picture, ReadPicture(path));
  RIVULET_ASSIGN_OR_RETURN(const std::string before, PngOf(picture));
  ReduceColors(colors, &picture.bytes);
  RIVULET_ASSIGN_OR_RETURN(const std::string after, PngOf(picture));
  RIVULET_RETURN_IF_ERROR(SaveFile(out, {reinterpret_cast<const uint8_t*>(after.data()), after.size()}));
  std::printf("%s: %lld×%lld, %d colours, %s; as a PNG of all its colours %s\n", out.c_str(),
              static_cast<long long>(picture.info.width), static_cast<long long>(picture.info.height), colors,
              BytesText(static_cast<double>(after.size())).c_str(),
              BytesText(static_cast<double>(before.size())).c_str());
  return Status();
}

}  // namespace rivulet::cli
