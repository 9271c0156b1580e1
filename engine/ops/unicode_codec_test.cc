#include "engine/ops/unicode_codec.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

TEST(UnicodeCodec, EveryCodePointComesBack) {
  struct Codec {
    ReadCodePoint read;
    WriteCodePoint write;
  };
  for (const Codec codec : {Codec{ReadUtf8, WriteUtf8}, {ReadUtf16Be, WriteUtf16Be}, {ReadUtf32Be, WriteUtf32Be}}) {
    for (char32_t c = 0; c < 0x110000; ++c) {
      if (!IsCodePoint(c)) continue;
      std::string text;
      codec.write(c, &text);
      size_t at = 0;
      ASSERT_EQ(codec.read(text, &at), c);
      ASSERT_EQ(at, text.size());
    }
  }
}

TEST(UnicodeCodec, NeverPastTheEnd) {
  for (const ReadCodePoint read : {ReadUtf8, ReadUtf16Be, ReadUtf16Le, ReadUtf32Be, ReadUtf32Le}) {
    for (int first = 0; first < 256; ++first) {
      const std::string text(3, static_cast<char>(first));
      for (size_t length = 1; length <= 3; ++length) {
        for (size_t at = 0; at < length;) {
          const size_t before = at;
          read(std::string_view(text).substr(0, length), &at);
          ASSERT_GT(at, before);
          ASSERT_LE(at, length);
        }
      }
    }
  }
}

}  // namespace
}  // namespace rivulet
