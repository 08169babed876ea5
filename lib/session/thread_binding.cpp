#include "session/channel.hpp"

namespace dorm {
namespace {

// Trivial, so that reading it needs no check whether it was constructed.
constinit thread_local ThreadBinding* innermost = nullptr;

}  // namespace

// Lets go of what is left when the thread ends.
struct ThreadBinding::List {
  ~List() { sweep(true); }
};

Channel* ThreadBinding::find(const Session* session) noexcept {
  for (const ThreadBinding* binding = innermost; binding != nullptr; binding = binding->next_) {
    if (binding->session_ != session) continue;
    if (Channel* channel = binding->channel_.load(std::memory_order_acquire)) return channel;
  }
  return nullptr;
}

ThreadBinding* ThreadBinding::bind(const Session* session, Channel* channel) {
  static thread_local List list;
  static_cast<void>(list);
  sweep(false);
  auto* binding = new ThreadBinding(session, channel);
  binding->next_ = innermost;
  innermost = binding;
  return binding;
}

void ThreadBinding::unbind() noexcept {
  channel_.store(nullptr, std::memory_order_release);
  if (innermost == this) {  // the usual case: this thread's, and the last one it made
    innermost = next_;
    release();  // the list's share; the channel still has its own
  }
  release();  // NOLINT(clang-analyzer-cplusplus.NewDelete): the first of two shares frees nothing
}

void ThreadBinding::release() noexcept {
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void ThreadBinding::sweep(bool all) noexcept {
  for (ThreadBinding** link = &innermost; *link != nullptr;) {
    ThreadBinding* binding = *link;
    if (!all && binding->channel_.load(std::memory_order_acquire) != nullptr) {
      link = &binding->next_;
      continue;
    }
    *link = binding->next_;
    binding->release();
  }
}

}  // namespace dorm
