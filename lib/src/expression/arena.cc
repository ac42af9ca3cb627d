#include "expression/arena.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace gateway::expression {

Arena::~Arena() {
  reset();
  std::free(blocks_);
}

void* Arena::do_allocate(std::size_t size, std::size_t alignment) {
  if (size > limit_ - std::min(used_, limit_)) throw BudgetExceeded{"the memory of an evaluation"};
  const auto aligned = [&](char* at) {
    const auto bits = reinterpret_cast<std::uintptr_t>(at);
    return at + ((alignment - bits % alignment) % alignment);
  };
  if (!at_ || aligned(at_) > end_ || static_cast<std::size_t>(end_ - aligned(at_)) < size) {
    const std::size_t grown = blocks_ ? std::min(blocks_->size * 2, kLargestBlock) : kFirstBlock;
    const std::size_t block_size = std::max(grown, sizeof(Block) + size + alignment);
    auto* block = static_cast<Block*>(std::malloc(block_size));
    if (!block) throw std::bad_alloc();
    block->next = blocks_;
    block->size = block_size;
    blocks_ = block;
    at_ = reinterpret_cast<char*>(block) + sizeof(Block);
    end_ = reinterpret_cast<char*>(block) + block_size;
  }
  char* start = aligned(at_);
  at_ = start + size;
  used_ += size;
  return start;
}

void Arena::on_reset(void* object, void (*destroy)(void*) noexcept) {
  auto* cleanup = static_cast<Cleanup*>(allocate(sizeof(Cleanup), alignof(Cleanup)));
  *cleanup = {object, destroy, cleanups_};
  cleanups_ = cleanup;
}

void Arena::reset() noexcept {
  for (; cleanups_; cleanups_ = cleanups_->next) cleanups_->destroy(cleanups_->object);
  used_ = 0;
  if (!blocks_) return;
  while (blocks_->next) {
    Block* newest = blocks_;
    blocks_ = newest->next;
    std::free(newest);
  }
  at_ = reinterpret_cast<char*>(blocks_) + sizeof(Block);
  end_ = reinterpret_cast<char*>(blocks_) + blocks_->size;
}

}  // namespace gateway::expression
