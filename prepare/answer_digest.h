// What a pack keeps of a large answer: elements spread over it, the means of what lies between them, and its peak.
// docs/formats.md has the same in words.
#ifndef RIVULET_PREPARE_ANSWER_DIGEST_H_
#define RIVULET_PREPARE_ANSWER_DIGEST_H_

#include <optional>

#include "rivulet/tensor.h"

namespace rivulet::prepare {

// The elements 0, stride, 2 · stride, … begin runs, of which the last may be shorter. `stride` shares no divisor with
// the number of elements, so that runs begin in every channel and column.
struct AnswerDigest {
  int64_t stride = 0;
  int64_t peak = 0;  // where the largest magnitude is
};

inline constexpr int64_t kMostWholeAnswer = 1024;  // elements of an answer that is kept whole
inline constexpr int64_t kMostRuns = 256;

// None for an answer that is kept whole: a small one, or of strings. Its elements must be aligned.
std::optional<AnswerDigest> DigestFor(const Tensor& answer);

// How many elements a digest has, of an answer of `elements`; 3 <= stride < elements.
int64_t DigestElements(int64_t elements, const AnswerDigest& digest);

// [DigestElements()] of the answer's type: the first element of each run, for each run its mean, and the peak.
// Quantised types have the mean's nearest level, integers the sum without its carry, bools whether it is odd: what
// differs by no more than rounding has digests that differ by no more.
Result<Tensor> DigestOf(const Tensor& answer, const AnswerDigest& digest);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_ANSWER_DIGEST_H_
