// The program of the README: loads a model, feeds a picture's worth of zeros, prints the largest output.
#include <rivulet/session.h>

#include <algorithm>
#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto model = rivulet::Model::Load(argv[1]);
  if (!model.ok()) return std::fprintf(stderr, "%s\n", model.status().ToString().c_str()), 1;
  auto session = rivulet::Session::Create(*model);
  if (!session.ok()) return 1;
  const std::vector<float> pixels(64 * 64 * 3, 0.0f);
  auto outputs = (*session)->Run({{"input", rivulet::Tensor::Of<float>({1, 64, 64, 3}, pixels)}}, {"probability"});
  if (!outputs.ok()) return std::fprintf(stderr, "%s\n", outputs.status().ToString().c_str()), 1;
  const auto scores = (*outputs)[0].values<float>();
  std::printf("class %d\n", static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
  return 0;
}
