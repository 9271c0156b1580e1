#include "engine/run/arena.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "engine/base/checked.h"
#include "engine/base/sort.h"

namespace rivulet {
namespace {

// Where more than so many of those already placed live at the same time, their gaps are not looked for: a request goes
// above them all. So the work grows with the number of requests, not with its square.
constexpr int64_t kMostNeighbours = 128;

// So many other orders are tried, of so many requests at most, while more bytes than these could be saved.
constexpr int kAgain = 16;
constexpr size_t kMostToPlaceAgain = 2000;
constexpr int64_t kWorthOrders = 1 << 15;

// Numbers by step of which ranges are summed up.
class StepCounts {
 public:
  explicit StepCounts(size_t steps) : sums_(steps + 2, 0) {}
  void Add(int32_t step, int64_t by) {
    for (size_t i = static_cast<size_t>(step) + 1; i < sums_.size(); i += i & (~i + 1)) sums_[i] += by;
  }
  // Of the steps up to `step`.
  int64_t UpTo(int32_t step) const {
    int64_t sum = 0;
    for (size_t i = static_cast<size_t>(step) + 1; i > 0; i &= i - 1) sum += sums_[i];
    return sum;
  }

 private:
  std::vector<int64_t> sums_;
};

// The requests that have their places, by the steps at which they live.
//
// A binary tree over the steps, whose node i has the halves 2i and 2i + 1. A request is listed at the nodes that make
// up its steps exactly, and at the leaf of its first step.
class PlacedRequests {
 public:
  explicit PlacedRequests(size_t steps)
      : leaves_(std::bit_ceil(std::max<size_t>(steps, 1))),
        living_(2 * leaves_, kNone),
        starting_(2 * leaves_, kNone),
        top_inside_(2 * leaves_, 0),
        top_throughout_(2 * leaves_, 0),
        starts_(leaves_),
        ends_(leaves_) {}

  void Add(size_t index, const ArenaRequest& request, int64_t end) {
    starts_.Add(request.first_step, 1);
    ends_.Add(request.last_step, 1);
    const size_t leaf = leaves_ + static_cast<size_t>(request.first_step);
    Prepend(index, &starting_[leaf]);
    for (size_t node = leaf / 2; node > 0 && starting_[node] == kNone; node /= 2) starting_[node] = kBelow;
    ForEachNode(request, [&](size_t node) {
      Prepend(index, &living_[node]);
      top_throughout_[node] = std::max(top_throughout_[node], end);
      for (; node > 0; node /= 2) top_inside_[node] = std::max(top_inside_[node], end);
    });
  }

  // How many live at one of the request's steps.
  int64_t Count(const ArenaRequest& request) const {
    return starts_.UpTo(request.last_step) - (request.first_step > 0 ? ends_.UpTo(request.first_step - 1) : 0);
  }

  // Those.
  void List(const ArenaRequest& request, std::vector<size_t>* out) const {
    out->clear();
    for (size_t node = leaves_ + static_cast<size_t>(request.first_step); node > 0; node /= 2)
      Append(living_[node], out);
    ListStarting(1, 0, leaves_, static_cast<size_t>(request.first_step) + 1, static_cast<size_t>(request.last_step) + 1,
                 out);
  }

  // Where the highest of them ends.
  int64_t Top(const ArenaRequest& request) const {
    int64_t top = 0;
    ForEachNode(request, [&](size_t node) {
      top = std::max(top, top_inside_[node]);
      for (; node > 0; node /= 2) top = std::max(top, top_throughout_[node]);
    });
    return top;
  }

 private:
  template <class Body>
  void ForEachNode(const ArenaRequest& request, const Body& body) const {
    size_t begin = leaves_ + static_cast<size_t>(request.first_step);
    size_t end = leaves_ + static_cast<size_t>(request.last_step) + 1;
    for (; begin < end; begin /= 2, end /= 2) {
      if (begin % 2 == 1) body(begin++);
      if (end % 2 == 1) body(--end);
    }
  }

  // Those that start in [begin, end), of a node over `width` steps from `first` on.
  void ListStarting(size_t node, size_t first, size_t width, size_t begin, size_t end, std::vector<size_t>* out) const {
    if (starting_[node] == kNone || begin >= first + width || end <= first || begin >= end) return;
    if (width == 1) return Append(starting_[node], out);
    ListStarting(2 * node, first, width / 2, begin, end, out);
    ListStarting(2 * node + 1, first + width / 2, width / 2, begin, end, out);
  }

  // Lists are chains through one array: a list for each node of its own would be asked for, and given back, for each
  // order that is tried.
  static constexpr int32_t kNone = -1;
  static constexpr int32_t kBelow = -2;  // at a node above leaves with requests
  struct Link {
    size_t index;
    int32_t next;
  };

  void Prepend(size_t index, int32_t* list) {
    links_.push_back({index, *list});
    *list = static_cast<int32_t>(links_.size()) - 1;
  }
  void Append(int32_t list, std::vector<size_t>* out) const {
    for (; list >= 0; list = links_[static_cast<size_t>(list)].next)
      out->push_back(links_[static_cast<size_t>(list)].index);
  }

  size_t leaves_;
  std::vector<Link> links_;
  std::vector<int32_t> living_;    // by node, the first of its list
  std::vector<int32_t> starting_;  // by leaf, likewise
  std::vector<int64_t> top_inside_;
  std::vector<int64_t> top_throughout_;
  StepCounts starts_;
  StepCounts ends_;
};

// The next multiple of the alignment; invalid when there is none.
CheckedSize Aligned(CheckedSize at, int64_t alignment) {
  const CheckedSize last = at + (alignment - 1);
  return last.valid() ? CheckedSize(last.value() / alignment * alignment) : last;
}

// The lowest gap among `neighbours`.
CheckedSize LowestGap(const std::vector<ArenaRequest>& requests, std::vector<size_t>& neighbours, int64_t bytes,
                      int64_t alignment) {
  Sort(neighbours.begin(), neighbours.end(), [&](size_t a, size_t b) {
    return requests[a].offset != requests[b].offset ? requests[a].offset < requests[b].offset : a < b;
  });
  int64_t offset = 0;
  for (const size_t index : neighbours) {
    const ArenaRequest& other = requests[index];
    if (other.offset - offset >= bytes) break;
    const CheckedSize end = Aligned(CheckedSize(other.offset) + other.bytes, alignment);
    if (!end.valid()) return end;
    offset = std::max(offset, end.value());
  }
  return CheckedSize(offset);
}

// Each at the lowest gap among those before it; returns what that takes, or -1.
int64_t PlaceInOrder(std::vector<ArenaRequest>& requests, const std::vector<size_t>& order, int64_t alignment) {
  int32_t last_step = 0;
  for (const ArenaRequest& request : requests) last_step = std::max(last_step, request.last_step);
  PlacedRequests placed(static_cast<size_t>(last_step) + 1);
  std::vector<size_t> neighbours;
  int64_t total = 0;
  for (const size_t index : order) {
    ArenaRequest& request = requests[index];
    CheckedSize offset;
    if (placed.Count(request) <= kMostNeighbours) {
      placed.List(request, &neighbours);
      offset = LowestGap(requests, neighbours, request.bytes, alignment);
    } else {
      offset = Aligned(CheckedSize(placed.Top(request)), alignment);
    }
    const CheckedSize end = offset + request.bytes;
    if (!end.valid()) return -1;
    request.offset = offset.value();
    total = std::max(total, end.value());
    placed.Add(index, request, end.value());
  }
  return total;
}

}  // namespace

int64_t PlanArena(std::vector<ArenaRequest>& requests, int64_t alignment) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  StableSort(order.begin(), order.end(), [&](size_t a, size_t b) { return requests[a].bytes > requests[b].bytes; });
  int64_t total = PlaceInOrder(requests, order, alignment);
  if (total < 0 || requests.size() > kMostToPlaceAgain) return total;
  const int64_t least = LeastArena(requests) + kWorthOrders;
  std::vector<ArenaRequest> others = requests;
  for (int i = 0; i < kAgain && total > least; ++i) {
    // The one that lies highest found its room taken by what it could have come before.
    const auto highest = std::max_element(order.begin(), order.end(), [&](size_t a, size_t b) {
      return others[a].offset + others[a].bytes < others[b].offset + others[b].bytes;
    });
    std::rotate(order.begin(), highest, highest + 1);
    const int64_t other_total = PlaceInOrder(others, order, alignment);
    if (other_total < 0 || other_total >= total) continue;
    total = other_total;
    requests = others;
  }
  return total;
}

int64_t LeastArena(const std::vector<ArenaRequest>& requests) {
  int32_t last_step = 0;
  for (const ArenaRequest& request : requests) last_step = std::max(last_step, request.last_step);
  std::vector<int64_t> change(static_cast<size_t>(last_step) + 2, 0);
  for (const ArenaRequest& request : requests) {
    change[static_cast<size_t>(request.first_step)] += request.bytes;
    change[static_cast<size_t>(request.last_step) + 1] -= request.bytes;
  }
  int64_t alive = 0, most = 0;
  for (const int64_t bytes : change) most = std::max(most, alive += bytes);
  return most;
}

}  // namespace rivulet
