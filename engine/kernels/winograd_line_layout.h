// How a convolution is cut up by winograd_line.h, and what that costs.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_LAYOUT_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_LAYOUT_H_

#include <cstdint>

#include "engine/kernels/conv.h"
#include "engine/kernels/winograd_sizes.h"

namespace rivulet {
namespace winograd_line {

constexpr int64_t kPoints = 6;
constexpr int64_t kMostTaps = 5;
constexpr int64_t kMostGroups = 8;
// The most terms of a sum, outputs and rows of a piece, so that transformed filters and sums stay in the second-level
// cache; and the floats of transformed input of a part of the picture, about.
constexpr int64_t kMaxDepth = 128;
constexpr int64_t kMaxColumns = 32;
constexpr int64_t kMaxPieceRows = 168;
constexpr int64_t kMaxHeld = 1 << 17;

// One dimension of the picture: how many floats a step is, in the input and in the output, and how many panels' rows in
// the packed filter.
struct Side {
  int64_t in, out, taps, pad, stride, dilation;
  int64_t in_step, out_step, tap_step;
};

struct Layout {
  Side line, across;
  int64_t taps = 0;     // of a group
  int64_t groups = 0;   // of taps
  int64_t outs = 0;     // of a tile
  int64_t tiles = 0;    // of a line
  int64_t rows = 0;     // of transformed input across the line
  int64_t depth = 0;    // terms of a group's sum
  int64_t units = 0;    // tiles of all images: each has `rows` rows, and as many outputs as lie across the line
  int64_t held = 0;     // units of a part, which are transformed at once
  bool joined = false;  // rows of neighbouring units follow one another without a gap
  int64_t group_floats = 0;
  int64_t point_floats = 0;
  int64_t filter_point = 0;
  int64_t sum_point = 0;
  int64_t first_floats = 0;  // of a thread's first block: head, transformed filters, sums
  int64_t input_floats = 0;  // of its transformed input
};

// Rows of a piece: those from `begin` on of each segment, whose rows of the left operand are evenly far apart.
struct Pieces {
  int64_t segment_rows = 0;
  int64_t segments = 0;
  int64_t parts = 0;     // of a segment
  int64_t together = 0;  // segments of a piece
  int64_t count = 0;
};

using winograd::FirstOf;
using winograd::OddLines;
using winograd::PartsOf;
using winograd::StepsTo;
using winograd::TilesOf;

Pieces PiecesOf(const Layout& layout, int64_t num_units);

// The cheapest way that the geometry allows, with room for so many threads.
Layout LayoutOf(const ConvGeometry& geometry, int threads);

}  // namespace winograd_line
}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_LAYOUT_H_
