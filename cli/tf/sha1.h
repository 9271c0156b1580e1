// SHA-1, by which retraining divides pictures into those to learn from and those to test with. Not for security.
#ifndef RIVULET_CLI_TF_SHA1_H_
#define RIVULET_CLI_TF_SHA1_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace rivulet::tf {

std::array<uint8_t, 20> Sha1(std::string_view bytes);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_SHA1_H_
