// Whether inputs tell anything of a network: where all of them get the same answer, they do not.
#ifndef RIVULET_CLI_ONE_ANSWER_H_
#define RIVULET_CLI_ONE_ANSWER_H_

#include <string>
#include <vector>

#include "rivulet/tensor.h"

namespace rivulet::cli {

// Results by sample, then output. True where there are several samples and no output tells one from another: scores
// whose best is the same for all, or values that move by less than a thousandth of the largest. A network that lost all
// its weights but its last bias would still agree on such inputs.
bool AllGetOneAnswer(const std::vector<std::vector<Tensor>>& results);

// What a user should know of inputs of their own, most of which have the same best score: whatever is left of a network
// that says one thing only agrees with it. Empty where there is an output of scores that tells more of them apart, or
// none of scores.
std::string FewAnswersNote(const std::vector<std::vector<Tensor>>& results);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_ONE_ANSWER_H_
