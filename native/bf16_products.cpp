// Products of bf16 matrices with fp32 sums in the tile registers of processors that have AMX (Intel, from Sapphire
// Rapids on), which C# cannot reach. libtorch's oneDNN uses them too, but not for attention, not with fp32 results that
// are added up in place, and more slowly at the sizes of a training step.
//
// Nothing here knows about libtorch or threads: the caller packs the operands and hands out blocks of the result.
//
// A tile is 1 KiB. Of the left matrix it holds 16 rows of 32 neighbours along the summed axis k; of the right one 16
// pairs along k of 16 columns, each pair in one word. A panel is 32 rows or columns wide: for each 32 k two tiles, one
// after the other. What is missing to whole tiles is zeros.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#define CV_API extern "C" __attribute__((visibility("default")))

#if defined(__x86_64__) && defined(__linux__) && __has_include(<amxbf16intrin.h>)
#define CARAVAN_HAS_AMX
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#define CV_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512bf16")))
#endif

// How one block of a result is made. Mirrors the managed struct of the same layout.
struct cv_product {
  const uint16_t* left;  // panels, or rows of the matrix itself
  int64_t left_row;      // bytes from row to row of the matrix itself; 0 for panels
  int64_t left_panel;    // elements from panel to panel
  const uint16_t* right; // panels
  int64_t right_panel;   // elements from panel to panel
  void* result;          // the block's first element, row-major
  int64_t result_row;    // elements from row to row
  const uint16_t* bias;  // bf16, one for each column; null for none
  int32_t rows;
  int32_t columns;
  int32_t steps;         // k in units of 32, rounded up
  int32_t is_float;      // the result is fp32, else bf16
  int32_t accumulate;    // add to the result (fp32 only), else replace it
  int32_t part;          // a Part: what is computed of it
};

#ifdef CARAVAN_HAS_AMX

namespace {

constexpr int kTile = 16;                   // rows of a tile
constexpr int kDepth = 32;                  // k of a tile
constexpr int kPanel = 32;                  // rows or columns of a panel
constexpr int kStep = kPanel * kDepth;      // elements of one step of a panel
constexpr int kMostSteps = 64;              // a deeper k is cut into pieces, so that a block's part of the right
constexpr int kStepsAtOnce = 32;            // matrix and its sums stay in the second cache
constexpr int kRowsAtOnce = 256, kColumnsAtOnce = 512;
constexpr int kFewSteps = 8;

// Parts of a product with a triangular matrix, in units of 32 rows, columns and k. What they leave out is not read.
enum Part {
  kWhole = 0,
  kUpperTriangle = 1, // of the result, units whose row is at most their column; the others stay as they are
  kUpToColumn = 2,    // of the sums, terms whose k is at most the column: the right matrix is an upper triangle
  kFromRow = 3,       // of the sums, terms whose k is at least the row: the left matrix is an upper triangle
};

bool request_tiles() {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (edx >> 22 & 1) == 0 || (edx >> 24 & 1) == 0) {
    return false;
  }
  if (!__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) || (eax >> 5 & 1) == 0) {
    return false; // conversion of vectors to bf16
  }
  constexpr int kRequestPermission = 0x1023, kTileData = 18; // arch_prctl(2)
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

// A constant in memory, because the compiler does not know how much of it the instruction reads.
struct alignas(64) TileConfiguration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t bytes_of_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
const TileConfiguration kConfiguration;

// Transposes 16 × 16 words: pairs of rows, then pairs of pairs, are interleaved within the 128-bit quarters of the
// registers; then the quarters change places.
CV_AMX inline void transpose(__m512i* r) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 4) {
    auto low01 = _mm512_unpacklo_epi32(r[i], r[i + 1]), high01 = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    auto low23 = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]), high23 = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
    t[i] = _mm512_unpacklo_epi64(low01, low23);
    t[i + 1] = _mm512_unpackhi_epi64(low01, low23);
    t[i + 2] = _mm512_unpacklo_epi64(high01, high23);
    t[i + 3] = _mm512_unpackhi_epi64(high01, high23);
  }
  for (int i = 0; i < 4; ++i) {
    auto even01 = _mm512_shuffle_i32x4(t[i], t[i + 4], 0x88), odd01 = _mm512_shuffle_i32x4(t[i], t[i + 4], 0xdd);
    auto even23 = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0x88);
    auto odd23 = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0xdd);
    r[i] = _mm512_shuffle_i32x4(even01, even23, 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(odd01, odd23, 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(even01, even23, 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(odd01, odd23, 0xdd);
  }
}

CV_AMX inline __mmask32 first_of_32(int count) {
  return count >= 32 ? 0xffffffffu : (1u << count) - 1;
}

// One tile whose elements lie along k in memory: `rows` of 16 rows and `depth` of 32 k are there.
CV_AMX inline void load_along_k(const uint16_t* source, int64_t row_stride, int rows, int depth, __m512i* words) {
  auto mask = first_of_32(depth);
  for (int i = 0; i < kTile; ++i) {
    words[i] = i < rows ? _mm512_maskz_loadu_epi16(mask, source + i * row_stride) : _mm512_setzero_si512();
  }
}

// One tile whose elements lie across k in memory: two neighbouring k become the halves of a word.
CV_AMX inline void load_across_k(const uint16_t* source, int64_t k_stride, int columns, int depth, __m512i* words) {
  auto mask = static_cast<__mmask16>(first_of_32(columns));
  for (int i = 0; i < kTile; ++i) {
    auto first = 2 * i < depth ? _mm256_maskz_loadu_epi16(mask, source + 2 * i * k_stride) : _mm256_setzero_si256();
    auto second =
        2 * i + 1 < depth ? _mm256_maskz_loadu_epi16(mask, source + (2 * i + 1) * k_stride) : _mm256_setzero_si256();
    words[i] = _mm512_or_si512(
        _mm512_cvtepu16_epi32(first), _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16));
  }
}

// Four tiles of a result, 32 × 32, over some steps of k.
CV_AMX inline void multiply_tiles(
    const uint16_t* left, int64_t left_row, int64_t left_second, int64_t left_step, const uint16_t* right, int steps,
    float* sums, int64_t sums_row, bool carry_on) {
  auto row = sums_row * static_cast<int64_t>(sizeof(float));
  if (carry_on) {
    _tile_loadd(0, sums, row);
    _tile_loadd(1, sums + kTile, row);
    _tile_loadd(2, sums + kTile * sums_row, row);
    _tile_loadd(3, sums + kTile * sums_row + kTile, row);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int step = 0; step < steps; ++step, left += left_step, right += kStep) {
    _tile_loadd(4, left, left_row);
    _tile_loadd(5, left + left_second, left_row);
    _tile_loadd(6, right, 64);
    _tile_loadd(7, right + kStep / 2, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sums, row);
  _tile_stored(1, sums + kTile, row);
  _tile_stored(2, sums + kTile * sums_row, row);
  _tile_stored(3, sums + kTile * sums_row + kTile, row);
}

CV_AMX inline __m512 widen(__m256i halves) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

CV_AMX inline __m512 load_bias(const cv_product& p, int column, __mmask16 mask) {
  return p.bias == nullptr ? _mm512_setzero_ps() : widen(_mm256_maskz_loadu_epi16(mask, p.bias + column));
}

// Writes `rows` × `columns` (at most 32 × 32) finished sums to the result.
CV_AMX inline void write_result(
    const cv_product& p, int row, int column, const float* sums, int64_t sums_row, int rows, int columns) {
  auto all = first_of_32(columns);
  auto low_mask = static_cast<__mmask16>(all), high_mask = static_cast<__mmask16>(all >> kTile);
  auto low_bias = load_bias(p, column, low_mask), high_bias = load_bias(p, column + kTile, high_mask);
  auto at = row * p.result_row + column;
  for (int i = 0; i < rows; ++i, at += p.result_row, sums += sums_row) {
    auto low = _mm512_add_ps(_mm512_loadu_ps(sums), low_bias);
    auto high = _mm512_add_ps(_mm512_loadu_ps(sums + kTile), high_bias);
    if (p.is_float != 0) {
      auto* target = static_cast<float*>(p.result) + at;
      if (p.accumulate != 0) {
        low = _mm512_add_ps(low, _mm512_maskz_loadu_ps(low_mask, target));
        high = _mm512_add_ps(high, _mm512_maskz_loadu_ps(high_mask, target + kTile));
      }
      _mm512_mask_storeu_ps(target, low_mask, low);
      _mm512_mask_storeu_ps(target + kTile, high_mask, high);
    } else {
      auto rounded = _mm512_cvtne2ps_pbh(high, low);
      __m512i bits;
      std::memcpy(&bits, &rounded, sizeof bits);
      _mm512_mask_storeu_epi16(static_cast<uint16_t*>(p.result) + at, all, bits);
    }
  }
}

CV_AMX void multiply(const cv_product& p) {
  _tile_loadconfig(&kConfiguration);
  // Rows of the matrix itself lie one after the other; in panels, the tiles of a step do.
  bool packed = p.left_row == 0;
  int64_t left_row = packed ? 64 : p.left_row;
  int64_t left_second = packed ? kStep / 2 : kTile * p.left_row / 2;
  int64_t left_step = packed ? kStep : kDepth;
  int64_t left_panel = packed ? p.left_panel : kPanel * p.left_row / 2;

  alignas(64) float block[kPanel * kPanel];
  static thread_local std::unique_ptr<float, decltype(&std::free)> memory(nullptr, &std::free);
  bool cut = p.steps > kMostSteps;
  // fp32 sums of few terms go from the tiles to where they belong, because copying them takes as long as computing them.
  // Longer ones would wait for what they are added to, which is in memory.
  bool direct = p.steps <= kFewSteps && p.is_float != 0 && p.bias == nullptr;
  int at_once = cut ? kStepsAtOnce : kMostSteps;
  if (cut && memory == nullptr) {
    memory.reset(static_cast<float*>(std::aligned_alloc(64, sizeof(float) * kRowsAtOnce * kColumnsAtOnce)));
  }
  float* sums = cut ? memory.get() : block;
  int64_t sums_row = cut ? kColumnsAtOnce : kPanel;
  for (int first = 0; first < p.steps; first += at_once) {
    int steps = p.steps - first < at_once ? p.steps - first : at_once;
    bool last = first + steps == p.steps;
    for (int row = 0; row < p.rows; row += kPanel) {
      for (int column = 0; column < p.columns; column += kPanel) {
        if (p.part == kUpperTriangle && row > column) {
          continue;
        }
        // Parts have no sums that are cut.
        int skipped = p.part == kFromRow ? row / kPanel : 0;
        int taken = (p.part == kUpToColumn && column / kPanel < steps ? column / kPanel + 1 : steps) - skipped;
        auto* left = p.left + row / kPanel * left_panel + (first + skipped) * left_step;
        auto* right = p.right + column / kPanel * p.right_panel + static_cast<int64_t>(first + skipped) * kStep;
        if (direct && p.rows - row >= kPanel && p.columns - column >= kPanel) {
          multiply_tiles(
              left, left_row, left_second, left_step, right, taken,
              static_cast<float*>(p.result) + row * p.result_row + column, p.result_row, p.accumulate != 0);
          continue;
        }
        float* target = cut ? sums + row * sums_row + column : sums;
        multiply_tiles(left, left_row, left_second, left_step, right, taken, target, sums_row, first > 0);
        if (last) {
          write_result(
              p, row, column, target, sums_row, p.rows - row < kPanel ? p.rows - row : kPanel,
              p.columns - column < kPanel ? p.columns - column : kPanel);
        }
      }
    }
  }
  _tile_release();
}

CV_AMX void pack(
    const uint16_t* source, int64_t stride, int along_k, int width, int depth, int is_right, uint16_t* panel) {
  __m512i words[kTile];
  for (int k = 0; k < depth; k += kDepth) {
    int deep = depth - k < kDepth ? depth - k : kDepth;
    for (int outer = 0; outer < kPanel; outer += kTile, panel += kStep / 2) {
      int there = width - outer < 0 ? 0 : width - outer < kTile ? width - outer : kTile;
      if (along_k != 0) {
        load_along_k(source + outer * stride + k, stride, there, deep, words);
      } else {
        load_across_k(source + k * stride + outer, stride, there, deep, words);
      }
      if ((along_k != 0) == (is_right != 0)) {
        transpose(words);
      }
      for (int i = 0; i < kTile; ++i) {
        _mm512_store_si512(panel + i * kDepth, words[i]);
      }
    }
  }
}

} // namespace

#endif

// Whether the processor has tile registers for bf16 and the system lets this process use them.
CV_API int32_t cv_bf16_tiles() {
#ifdef CARAVAN_HAS_AMX
  static const bool available = request_tiles();
  return available ? 1 : 0;
#else
  return 0;
#endif
}

// One panel from `width` (at most 32) rows or columns of a matrix, `depth` deep. Elements with neighbouring k are
// neighbours in memory (along_k, `stride` from row to row), or those of neighbouring rows or columns are (`stride` from
// k to k). The panel is aligned to 64 bytes.
CV_API void cv_bf16_pack(
    const uint16_t* source, int64_t stride, int32_t along_k, int32_t width, int32_t depth, int32_t is_right,
    uint16_t* panel) {
#ifdef CARAVAN_HAS_AMX
  pack(source, stride, along_k, width, depth, is_right, panel);
#endif
}

// One block of a product, at most 256 rows and 512 columns, a multiple of 32 of each where it is not the last.
CV_API void cv_bf16_multiply(const cv_product* product) {
#ifdef CARAVAN_HAS_AMX
  multiply(*product);
#endif
}
