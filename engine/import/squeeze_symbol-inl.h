// The step that decoding is made of: which symbol comes. It decides the speed of loading, so the search is eight at a
// time where every processor of the architecture can.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZE_SYMBOL_INL_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZE_SYMBOL_INL_H_

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/import/squeeze_model.h"
#include "engine/import/squeeze_rans.h"

namespace rivulet {

// How many of the model's parts start at `wanted` or before, less one. Starts are below 2^15.
inline int SymbolAt(const SymbolModel& model, int32_t wanted) {
#if defined(__SSE2__)
  const auto* starts = reinterpret_cast<const __m128i*>(model.start);
  const __m128i limit = _mm_set1_epi16(static_cast<int16_t>(wanted));
  const __m128i above = _mm_packs_epi16(_mm_cmpgt_epi16(_mm_load_si128(starts), limit),
                                        _mm_cmpgt_epi16(_mm_load_si128(starts + 1), limit));
  return __builtin_ctz(static_cast<uint32_t>(_mm_movemask_epi8(above)) | 1u << kSqueezeSymbols) - 1;
#else
  int count = 0;
  for (int s = 0; s < kSqueezeSymbols; ++s) count += model.start[s] <= wanted ? 1 : 0;
  return count - 1;
#endif
}

inline int TakeSymbol(SymbolModel* model, RansReader* reader) {
  const int symbol = SymbolAt(*model, reader->Peek());
  const uint32_t start = model->start[symbol];
  reader->Take(start, uint32_t{model->start[symbol + 1]} - start);
  model->Count(symbol);
  return symbol;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZE_SYMBOL_INL_H_
