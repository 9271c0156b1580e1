#include "engine/graph/attr.h"

#include <algorithm>
#include <cstring>

#include "engine/base/errors.h"
#include "engine/base/sort.h"

namespace rivulet {

Result<Tensor> Expand(const TensorLiteral& literal, Allocator& allocator) {
  if (!literal.error.ok()) return literal.error;
  if (literal.is_whole() && literal.prefix.raw() != nullptr) return literal.prefix.Reshaped(literal.shape);
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(literal.dtype, literal.shape, allocator));
  const int64_t count = tensor.num_elements();
  const int64_t given = literal.prefix.num_elements();
  if (literal.dtype == DType::kString) {
    auto* out = tensor.data<std::string>();
    for (int64_t i = 0; i < count && given > 0; ++i)
      out[i] = literal.prefix.data<std::string>()[std::min(i, given - 1)];
    return tensor;
  }
  const size_t element = ElementBytes(literal.dtype);
  auto* out = static_cast<uint8_t*>(tensor.raw());
  if (given == 0) {
    std::memset(out, 0, tensor.bytes());
    return tensor;
  }
  const auto* in = static_cast<const uint8_t*>(literal.prefix.raw());
  std::memcpy(out, in, static_cast<size_t>(given) * element);
  // Doubling copies of the last element.
  int64_t filled = given;
  int64_t tail_start = given - 1;
  while (filled < count) {
    const int64_t run = std::min(filled - tail_start, count - filled);
    std::memcpy(out + static_cast<size_t>(filled) * element, out + static_cast<size_t>(tail_start) * element,
                static_cast<size_t>(run) * element);
    filled += run;
  }
  return tensor;
}

namespace {
bool NameLess(const AttrMap::Entry& entry, std::string_view name) { return entry.first < name; }
}  // namespace

std::vector<AttrMap::Entry>& AttrMap::Own() {
  if (entries_ != nullptr && entries_.use_count() == 1) return *entries_;
  // Who changes one attribute mostly sets several.
  constexpr size_t kMore = 4;
  auto own = std::make_shared<std::vector<Entry>>();
  own->reserve(size() + kMore);
  own->assign(begin(), end());
  entries_ = std::move(own);
  return *entries_;
}

void AttrMap::Set(std::string_view name, AttrValue value) {
  std::vector<Entry>& entries = Own();
  auto it = std::lower_bound(entries.begin(), entries.end(), name, NameLess);
  if (it != entries.end() && it->first == name) {
    it->second = std::move(value);
  } else {
    entries.emplace(it, std::string(name), std::move(value));
  }
}

namespace {

// By name, equal ones as they came. Pointers are sorted: to exchange entries takes much code.
void SortMany(std::span<AttrMap::Entry> entries) {
  std::vector<AttrMap::Entry*> order;
  order.reserve(entries.size());
  for (AttrMap::Entry& entry : entries) order.push_back(&entry);
  Sort(order.begin(), order.end(), [](const AttrMap::Entry* a, const AttrMap::Entry* b) {
    const int by_name = a->first.compare(b->first);
    return by_name != 0 ? by_name < 0 : a < b;
  });
  std::vector<AttrMap::Entry> sorted;
  sorted.reserve(entries.size());
  for (AttrMap::Entry* entry : order) sorted.push_back(std::move(*entry));
  std::move(sorted.begin(), sorted.end(), entries.begin());
}

}  // namespace

void AttrMap::Assign(std::span<Entry> entries) {
  // A stable sort asks for memory.
  constexpr size_t kFew = 16;
  if (entries.size() > kFew) {
    SortMany(entries);
  } else {
    for (size_t i = 1; i < entries.size(); ++i) {
      for (size_t at = i; at > 0 && entries[at].first < entries[at - 1].first; --at) {
        std::swap(entries[at], entries[at - 1]);
      }
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (kept > 0 && entries[kept - 1].first == entries[i].first) --kept;
    if (kept != i) entries[kept] = std::move(entries[i]);
    ++kept;
  }
  entries_ = nullptr;
  if (kept == 0) return;
  const auto begin = std::make_move_iterator(entries.begin());
  entries_ = std::make_shared<std::vector<Entry>>(begin, begin + static_cast<std::ptrdiff_t>(kept));
}

void AttrMap::Erase(std::string_view name) {
  const AttrValue* const found = Find(name);
  if (found == nullptr) return;
  if (size() == 1) {
    entries_ = nullptr;
    return;
  }
  if (entries_.use_count() == 1) {
    std::erase_if(*entries_, [&](const Entry& entry) { return &entry.second == found; });
    return;
  }
  auto others = std::make_shared<std::vector<Entry>>();
  others->reserve(size() - 1);
  for (const Entry& entry : *entries_) {
    if (&entry.second != found) others->push_back(entry);
  }
  entries_ = std::move(others);
}

const AttrValue* AttrMap::Find(std::string_view name) const {
  // The most asked question of planning. Few entries are compared by their lengths sooner than they are ordered.
  constexpr size_t kFew = 16;
  if (size() <= kFew) {
    for (const Entry& entry : *this) {
      if (entry.first.size() == name.size() && std::memcmp(entry.first.data(), name.data(), name.size()) == 0) {
        return &entry.second;
      }
    }
    return nullptr;
  }
  const Entry* const it = std::lower_bound(begin(), end(), name, NameLess);
  return it != end() && it->first == name ? &it->second : nullptr;
}

}  // namespace rivulet
