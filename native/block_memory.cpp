// The memory of CPU tensors.
//
// glibc before 2.38 does not put an aligned block into the gap that an aligned block of the same size has left: it asks
// for a larger gap, to have room for the alignment. The activations of a training step come and go in thousands of equal
// blocks, and the heap grew to one and a half times of what was alive. And what is small lies between what is large
// there, and keeps gaps apart.
//
// Large blocks therefore lie in a row of their own: the smallest gap that is large enough is taken, gaps that touch become
// one, and what was freed is kept for the next block, since fresh pages cost more than most computations on them.

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define CV_API extern "C" __attribute__((visibility("default")))

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kLarge = 256 << 10;
constexpr size_t kStep = size_t{64} << 20;
constexpr size_t kLargePage = size_t{2} << 20;

// Cache lines between blocks, so that arrays that are read side by side do not all begin at the same offset of a page.
constexpr size_t kSpacing = 3 * kAlignment;

class BlockMemory final : public c10::Allocator {
 public:
  // libtorch 2.4 made the one into the other.
  c10::DataPtr allocate(size_t size) const { return const_cast<BlockMemory*>(this)->make(size); }
  c10::DataPtr allocate(size_t size) { return make(size); }

  // Asked for by libtorch 2.3 and later.
  void copy_data(void* target, const void* source, size_t size) const { std::memcpy(target, source, size); }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  int64_t live() {
    std::lock_guard<std::mutex> lock(mutex_);
    return live_;
  }

  int64_t peak(bool begin_anew) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto peak = peak_;
    if (begin_anew) {
      peak_ = live_;
    }
    return peak;
  }

 private:
  static void release(void* block);

  c10::DataPtr make(size_t size) {
    void* block = size == 0 ? nullptr : size < kLarge ? small(size) : large(size);
    TORCH_CHECK(
        block != nullptr || size == 0, "not enough memory: a tensor of ", size, " bytes cannot be made; ", live(),
        " bytes are in use");
    return {block, block, &release, c10::Device(c10::DeviceType::CPU)};
  }

  void* small(size_t size) {
    void* block = nullptr;
    if (posix_memalign(&block, kAlignment, size) != 0) {
      return nullptr;
    }
    std::lock_guard<std::mutex> lock(mutex_);
    count(malloc_usable_size(block));
    return block;
  }

  void* large(size_t size) {
    const auto wanted = (size + kAlignment - 1) / kAlignment * kAlignment + kSpacing;
    std::lock_guard<std::mutex> lock(mutex_);
    auto gap = by_size_.lower_bound({wanted, nullptr});
    if (gap == by_size_.end()) {
      if (!grow(wanted)) {
        return nullptr;
      }
      gap = by_size_.lower_bound({wanted, nullptr});
    }
    const auto [length, start] = *gap;
    remove_gap(start, length);
    if (length > wanted) {
      add_gap(start + wanted, length - wanted);
    }
    taken_.emplace(start, wanted);
    count(wanted);
    return start;
  }

  void free_block(void* block) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      const auto found = taken_.find(static_cast<char*>(block));
      if (found != taken_.end()) {
        live_ -= found->second;
        join_gap(found->first, found->second);
        taken_.erase(found);
        return;
      }
      live_ -= malloc_usable_size(block);
    }
    std::free(block);
  }

  // Memory is taken into use behind what is in use, so that there is one row of blocks and gaps; a gap at its end becomes
  // a part of the block that is wanted.
  bool grow(size_t wanted) {
    auto length = in_steps(wanted - gap_at_end());
    if (static_cast<size_t>(limit_ - end_) < length) {
      length = in_steps(wanted);
      if (!set_aside(length)) {
        return false;
      }
    }
    if (mprotect(end_, length, PROT_READ | PROT_WRITE) != 0) {
      return false;
    }
    // Large pages where the system has them: a failure costs speed alone.
    madvise(end_, length, MADV_HUGEPAGE);
    end_ += length;
    join_gap(end_ - length, length);
    return true;
  }

  // Addresses without memory: twice as many as the machine has memory, or else only what is needed.
  bool set_aside(size_t length) {
    const auto memory = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (const auto size : {std::max(2 * memory, length), length}) {
      void* space = mmap(nullptr, size + kLargePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (space != MAP_FAILED) {
        const auto start = (reinterpret_cast<uintptr_t>(space) + kLargePage - 1) / kLargePage * kLargePage;
        end_ = reinterpret_cast<char*>(start);
        limit_ = end_ + size;
        return true;
      }
    }
    return false;
  }

  size_t gap_at_end() const {
    if (by_start_.empty()) {
      return 0;
    }
    const auto [start, length] = *std::prev(by_start_.end());
    return start + length == end_ ? length : 0;
  }

  static size_t in_steps(size_t length) { return (length + kStep - 1) / kStep * kStep; }

  void join_gap(char* start, size_t length) {
    const auto next = by_start_.lower_bound(start);
    if (next != by_start_.begin()) {
      const auto [before, size] = *std::prev(next);
      if (before + size == start) {
        remove_gap(before, size);
        start = before;
        length += size;
      }
    }
    const auto behind = by_start_.find(start + length);
    if (behind != by_start_.end()) {
      const auto size = behind->second;
      remove_gap(start + length, size);
      length += size;
    }
    add_gap(start, length);
  }

  void add_gap(char* start, size_t length) {
    by_start_.emplace(start, length);
    by_size_.emplace(length, start);
  }

  void remove_gap(char* start, size_t length) {
    by_start_.erase(start);
    by_size_.erase({length, start});
  }

  void count(size_t size) {
    live_ += size;
    peak_ = std::max(peak_, live_);
  }

  std::mutex mutex_;
  std::map<char*, size_t> by_start_;
  std::set<std::pair<size_t, char*>> by_size_;
  std::unordered_map<char*, size_t> taken_;
  char* end_ = nullptr;
  char* limit_ = nullptr;
  int64_t live_ = 0;
  int64_t peak_ = 0;
};

// Never destroyed: tensors may outlive everything else.
BlockMemory& memory() {
  static BlockMemory& instance = *new BlockMemory();
  return instance;
}

void BlockMemory::release(void* block) {
  if (block != nullptr) {
    memory().free_block(block);
  }
}

// libtorch's own allocator has priority 0.
[[maybe_unused]] const bool installed = (c10::SetCPUAllocator(&memory(), 1), true);

} // namespace

// Bytes of all CPU tensors.
CV_API int64_t cv_memory_live() {
  return memory().live();
}

// The most bytes that CPU tensors had since the peak last began anew.
CV_API int64_t cv_memory_peak(int32_t begin_anew) {
  return memory().peak(begin_anew != 0);
}
