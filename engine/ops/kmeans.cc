// Clusters of points [n, d] by squared distance: where to start, and which centres are near.
//
//   KmeansPlusPlusInitialization: num_to_sample points, each drawn with a probability proportional to its distance from
//     those drawn before; of 1 + num_retries_per_sample draws the one that leaves the smallest distances
//   KMC2ChainInitialization: the end of a chain over candidates by their distances [n]
//   NearestNeighbors: for each point the k nearest centres [m, d] and their distances, nearest first; of equal ones the
//     first
//
// TensorFlow's choices for a seed, but where sums in another order decide otherwise.
#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "engine/ops/dot.h"
#include "engine/ops/random_stream.h"

namespace rivulet {
namespace {

Philox StreamOf(const Tensor& seed) { return Philox::FromSeeds(static_cast<uint64_t>(*seed.data<int64_t>()), 0); }

struct Points {
  const float* data;
  int64_t count;
  int64_t dim;

  explicit Points(const Tensor& tensor) : data(tensor.data<float>()), count(tensor.dim(0)), dim(tensor.dim(1)) {}
  const float* operator[](int64_t i) const { return data + i * dim; }
};

std::vector<float> HalfSquares(const Points& points) {
  std::vector<float> halves(static_cast<size_t>(points.count));
  for (int64_t i = 0; i < points.count; ++i) {
    halves[static_cast<size_t>(i)] = 0.5f * Dot(points[i], points[i], points.dim);
  }
  return halves;
}

class Seeding {
 public:
  Seeding(const Points& points, const Philox& generator)
      : points_(points),
        halves_(HalfSquares(points)),
        nearest_(static_cast<size_t>(points.count), std::numeric_limits<float>::infinity()),
        sums_(nearest_.size()),
        words_(generator) {}

  Result<int64_t> Next(int64_t retries, const StopToken& stop) {
    if (!drawn_.empty()) std::partial_sum(nearest_.begin(), nearest_.end(), sums_.begin());
    int64_t best = 0;
    float least = std::numeric_limits<float>::infinity();
    std::vector<float> left = nearest_;
    for (int64_t i = 0; i <= retries; ++i) {
      RIVULET_RETURN_IF_ERROR(stop.Why());
      RIVULET_ASSIGN_OR_RETURN(const int64_t point, Draw(stop));
      std::vector<float> with = Nearer(point);
      const float sum = std::accumulate(with.begin(), with.end(), 0.0f);
      if (retries > 0 && !(sum < least)) continue;
      least = sum;
      best = point;
      left = std::move(with);
    }
    nearest_ = std::move(left);
    best = std::min(best, points_.count - 1);
    drawn_.insert(best);
    return best;
  }

 private:
  // A point that was not drawn yet; the number of points where no distance is left.
  Result<int64_t> Draw(const StopToken& stop) {
    if (drawn_.empty()) return static_cast<int64_t>(UniformBelow64(words_, static_cast<uint64_t>(points_.count)));
    for (;;) {
      RIVULET_RETURN_IF_ERROR(stop.Why());
      for (int tries = 0; tries < 1024; ++tries) {
        const float sought = UniformFloat(words_.Next()) * sums_.back();
        const int64_t point = std::upper_bound(sums_.begin(), sums_.end(), sought) - sums_.begin();
        if (!drawn_.contains(point)) return point;
      }
      // Rounding can leave a distance at points that were drawn and nowhere else.
      if (std::all_of(nearest_.begin(), nearest_.end(), [&](const float& distance) {
            return !(distance > 0) || drawn_.contains(&distance - nearest_.data());
          })) {
        return points_.count;
      }
    }
  }

  std::vector<float> Nearer(int64_t index) const {
    const int64_t point = std::min(index, points_.count - 1);
    std::vector<float> with(nearest_);
    for (int64_t i = 0; i < points_.count; ++i) {
      const float distance = halves_[static_cast<size_t>(i)] + halves_[static_cast<size_t>(point)] -
                             Dot(points_[i], points_[point], points_.dim);
      with[static_cast<size_t>(i)] = std::min(with[static_cast<size_t>(i)], distance);
    }
    return with;
  }

  const Points points_;
  const std::vector<float> halves_;
  std::vector<float> nearest_;  // half the squared distance from the nearest point drawn
  std::vector<float> sums_;
  std::unordered_set<int64_t> drawn_;
  PhiloxWords words_;
};

Status InferSeeding(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  for (int i = 1; i < 4; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  const auto known = [&](int i) { return c.known(i) ? c.ints(i)[0] : Shape::kUnknownDim; };
  const int64_t count = known(1), points = c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim;
  if (c.known(1) && count <= 0) return InvalidArgument("num_to_sample: want > 0, got ", count);
  if (c.known(3) && known(3) < 0) return InvalidArgument("num_retries_per_sample: want >= 0, got ", known(3));
  if (count > 0 && points >= 0 && count > points) {
    return InvalidArgument("num_to_sample: want at most ", points, ", the number of points, got ", count);
  }
  c.set_output(0, {count, c.shape(0).has_rank() ? c.shape(0)[1] : Shape::kUnknownDim});
  return Status();
}

Status RunSeeding(RunContext& c) {
  const Points points(c.input(0));
  Seeding seeding(points, StreamOf(c.input(2)));
  float* out = c.output(0).data<float>();
  for (int64_t i = 0; i < c.output(0).dim(0); ++i) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t point, seeding.Next(*c.input(3).data<int64_t>(), c.stop()));
    std::copy_n(points[point], points.dim, out + i * points.dim);
  }
  return Status();
}

Status InferChain(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  if (c.shape(0).complete() && c.shape(0)[0] == 0)
    return InvalidArgument("distances: want at least one candidate, got none");
  c.set_output(0, {});
  return Status();
}

Status RunChain(RunContext& c) {
  const std::span<const float> distances = c.input(0).values<float>();
  PhiloxWords words(StreamOf(c.input(1)));
  size_t at = 0;
  for (size_t i = 1; i < distances.size(); ++i) {
    if (distances[i] > UniformFloat(words.Next()) * distances[at]) at = i;
  }
  *c.output(0).data<int64_t>() = static_cast<int64_t>(at);
  return Status();
}

Status InferNearest(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  const Shape &points = c.shape(0), &centers = c.shape(1);
  if (points.has_rank() && centers.has_rank() && points[1] >= 0 && centers[1] >= 0 && points[1] != centers[1]) {
    return InvalidArgument("centers: want ", points[1], " coordinates as the points, got ", centers[1]);
  }
  int64_t k = Shape::kUnknownDim;
  if (c.known(2)) {
    k = c.ints(2)[0];
    if (k < 0) return InvalidArgument("k: want >= 0, got ", k);
    k = centers.has_rank() && centers[0] >= 0 ? std::min(k, centers[0]) : Shape::kUnknownDim;
  }
  if (points.has_rank() && points[0] == 0) return InvalidArgument("points: want at least one, got none");
  const int64_t rows = points.has_rank() ? points[0] : Shape::kUnknownDim;
  c.set_output(0, {rows, k});
  c.set_output(1, {rows, k});
  return Status();
}

Status RunNearest(RunContext& c) {
  const Points points(c.input(0)), centers(c.input(1));
  const std::vector<float> halves = HalfSquares(centers);
  const int64_t k = c.output(0).dim(1);
  c.ParallelFor(points.count, std::max<int64_t>((1 << 14) / (centers.count * (points.dim + 1) + 1), 1),
                [&](int64_t begin, int64_t end) {
                  std::vector<std::pair<float, int64_t>> near(static_cast<size_t>(centers.count));
                  for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
                    const float square = Dot(points[i], points[i], points.dim);
                    for (int64_t j = 0; j < centers.count; ++j) {
                      const float apart = halves[static_cast<size_t>(j)] - Dot(points[i], centers[j], points.dim);
                      near[static_cast<size_t>(j)] = {2 * apart + square, j};
                    }
                    std::partial_sort(near.begin(), near.begin() + k, near.end());
                    for (int64_t j = 0; j < k; ++j) {
                      c.output(0).data<int64_t>()[i * k + j] = near[static_cast<size_t>(j)].second;
                      c.output(1).data<float>()[i * k + j] = std::max(near[static_cast<size_t>(j)].first, 0.0f);
                    }
                  }
                });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "KmeansPlusPlusInitialization",
     .inputs = "points:f32, num_to_sample:i64, seed:i64, num_retries_per_sample:i64",
     .outputs = "samples:f32",
     .attrs = "",
     .infer = InferSeeding,
     .run = RunSeeding},
    {.name = "KMC2ChainInitialization",
     .inputs = "distances:f32, seed:i64",
     .outputs = "index:i64",
     .attrs = "",
     .infer = InferChain,
     .run = RunChain},
    {.name = "NearestNeighbors",
     .inputs = "points:f32, centers:f32, k:i64",
     .outputs = "nearest_center_indices:i64, nearest_center_distances:f32",
     .attrs = "",
     .infer = InferNearest,
     .run = RunNearest},
};

}  // namespace

RIVULET_OP_LIST(Kmeans, kDefs);

}  // namespace rivulet
